"""A worker that does what a test tells it over a socket, one thing at a time, to hit exact moments."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

HEARD = (signal.SIGINT, signal.SIGTERM)


def main(folder: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    lock = (folder / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(os.environ["STAGE"])
        say(channel, {"run": folder.name, "pid": os.getpid(), "environment": dict(os.environ)})
        for number in HEARD:
            signal.signal(number, lambda number, _: say(channel, {"signal": number}))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        with channel.makefile() as lines:
            for line in lines:
                answer = do(folder, json.loads(line))
                say(channel, {"done": answer})


def say(channel: socket.socket, message: dict[str, Any]) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def do(folder: Path, order: dict[str, Any]) -> Any:
    match order:
        case {"append": text}:
            with (folder / "events.jsonl").open("a") as file:
                file.write(text)
        case {"write": name, "text": text}:
            (folder / name).write_text(text)
        case {"print": text}:
            print(text, flush=True)
        case {"allocate": size}:
            try:
                bytearray(size)
            except MemoryError:
                return "MemoryError"
        case {"child": own_session}:
            code = "import signal; signal.pause()"
            child = subprocess.Popen(
                [sys.executable, "-c", code], start_new_session=own_session, close_fds=False
            )
            return child.pid
        case {"fork": True}:
            if not (child_pid := os.fork()):
                signal.pause()
            return child_pid
        case {"exit": code}:
            sys.stdout.flush()
            os._exit(code)
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
