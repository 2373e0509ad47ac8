"""The daemon's process: takes the lock, then serves. Started by `launch`.

The lock is the truth: a process that has it is the daemon, whatever daemon.json says.
"""

import asyncio
import contextlib
import logging
import os
import sys
from pathlib import Path

from dspy_lens.daemon.place import hold
from dspy_lens.paths import Paths, private_folder

log = logging.getLogger("dspy_lens.daemon")


def main(argv: list[str]) -> int:
    """Serves until it is told to leave or nobody needs it."""
    paths = Paths.of(Path(argv[0]))
    with os.fdopen(int(argv[1]), "wb", 0) as ready:
        try:
            paths.make()
            private_folder(paths.state)
            with hold(paths.lock):
                paths.daemon.unlink(missing_ok=True)
                _serve(paths, ready.fileno())
        except Exception as error:
            log.exception("The daemon could not go on.")
            with contextlib.suppress(OSError, ValueError):
                ready.write(_why(error, paths).encode())
            return 1
    return 0


def _why(error: Exception, paths: Paths) -> str:
    """What the file system of the state refuses, else the error as it is."""
    from dspy_lens.store.filesystem import check_file_system

    problem = check_file_system(paths.state) if paths.state.is_dir() else None
    return (problem or f"{type(error).__name__}: {error}").removesuffix(".")


def _serve(paths: Paths, ready: int) -> None:
    # Imported only now, so that whoever waits for the lock in vain has not paid for it.
    from dspy_lens.daemon.host import serve
    from dspy_lens.daemon.log import set_up

    set_up()
    asyncio.run(serve(paths, ready))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
