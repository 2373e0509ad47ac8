"""The daemon's log: bounded, and without what users wrote or what their keys are."""

import logging
import os
import sys
from typing import TextIO

LOG_BYTES = 1024 * 1024


class Bounded(logging.StreamHandler[TextIO]):
    """Writes to standard error, which is the log file, and starts it anew when it has grown too long."""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        descriptor = self.stream.fileno()
        try:
            if os.fstat(descriptor).st_size > LOG_BYTES:
                os.ftruncate(descriptor, 0)
        except OSError:
            return  # a terminal or a pipe has no size


def set_up() -> None:
    """Our own messages from INFO; the server library's only where it gives up, since it logs whole messages."""
    handler = Bounded(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("dspy_lens").setLevel(logging.INFO)
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
