"""Starts one worker and exits at once: an editor that closes kills its server's whole process tree.

Run as a program with the standard library only: it reads a JSON order from standard input and answers
with one JSON line. Its own environment becomes the worker's, and so does the lock that it inherited.
"""

import json
import os
import resource
import subprocess
import sys
from typing import Any


def main() -> None:
    order: dict[str, Any] = json.load(sys.stdin)
    try:
        answer: dict[str, Any] = {"pid": launch(order)}
    except (OSError, subprocess.SubprocessError) as error:
        answer = {"error": f"{order['argv'][0]}: {getattr(error, 'strerror', None) or error}"}
    print(json.dumps(answer))


def launch(order: dict[str, Any]) -> int:
    """The worker's process id."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def become_worker() -> None:
        # The id is on disk before there is a worker, so that no worker is ever without one.
        pid = os.open(order["pid"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(pid, str(os.getpid()).encode())
        os.close(pid)
        if order["memory"] is not None:
            resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))

    worker = subprocess.Popen(
        order["argv"],
        cwd=order["cwd"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        pass_fds=(order["lock"],),
        preexec_fn=become_worker,
    )
    return worker.pid


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # Not waiting for the worker is the point.
