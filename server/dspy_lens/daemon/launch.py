"""Starts a daemon that outlives whoever asked for it, and waits until it listens.

An editor that closes kills its server's whole process tree, even a child in a new session. A child
whose launcher has exited has left that tree: so `launch` runs this module as a process that exits at
once. Standard library only.
"""

import os
import re
import selectors
import subprocess
import sys
from collections.abc import Mapping

from dspy_lens.paths import Paths

READY = b"ready"
DEADLINE = 60.0  # seconds that a daemon may take until it listens
LOG_BYTES = 1024 * 1024

# What a daemon may inherit. Keys are not among it: they come with each session and leave with it.
KEPT = re.compile(
    "HOME|USER|LOGNAME|PATH|LANG|LANGUAGE|TZ|TMPDIR|VIRTUAL_ENV|CONDA_PREFIX|LD_LIBRARY_PATH"
    "|SSL_CERT_FILE|SSL_CERT_DIR|(?i:https?_proxy|no_proxy)"
    "|LC_.*|XDG_.*|PYTHON.*|DYLD_.*|DSPY_LENS_.*|COVERAGE_.*"
)


def launch(paths: Paths) -> str:
    """Starts a daemon and waits until it listens; what it said instead, or "" when all is well."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as ready:
        try:
            subprocess.run(
                # -P: the current folder may be anybody's repository and must not shadow a module.
                [sys.executable, "-P", "-m", __name__, str(paths.root), str(paths.log), str(writing)],
                env=inherited(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            return str(error)
        finally:
            os.close(writing)
        said = _wait(ready.fileno())
    return "" if said == READY else said.decode("utf-8", "replace").strip()


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a daemon is started with."""
    return {name: value for name, value in environment.items() if KEPT.fullmatch(name)}


def _wait(ready: int) -> bytes:
    """What the daemon writes until it closes its end."""
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(ready, selectors.EVENT_READ)
        while selector.select(DEADLINE):
            if not (part := os.read(ready, 4096)):
                return said
            said += part
    return b"it did not listen within a minute"


def main(argv: list[str]) -> None:
    """The launcher: starts the daemon in a session of its own and exits at once."""
    root, log, ready = argv
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(log, flags, 0o600), "ab", 0) as output:
        if output.tell() > LOG_BYTES:
            output.truncate(0)
        subprocess.Popen(
            [sys.executable, "-P", "-m", "dspy_lens.daemon.serve", root, ready],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(int(ready),),
            start_new_session=True,
            cwd="/",
        )


if __name__ == "__main__":
    main(sys.argv[1:])
    # Popen's own clean-up would wait for nobody, but it would complain that the child still lives.
    os._exit(0)
