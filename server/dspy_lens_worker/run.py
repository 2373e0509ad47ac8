"""One run, from the order in its folder to the event that ends it."""

import fcntl
import os
import random
import sys
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import ValidationError

from dspy_lens_worker import redact
from dspy_lens_worker.events import Writer
from dspy_lens_worker.failure import Failed, Refused, described, place
from dspy_lens_worker.guard import Guard
from dspy_lens_worker.ledger import Ledger
from dspy_lens_worker.messages import LOCK, ORDER, Order, Started
from dspy_lens_worker.models import load_environment
from dspy_lens_worker.report import Report
from dspy_lens_worker.session import Tools
from dspy_lens_worker.steps import take_steps
from dspy_lens_worker.watch import Watch, leave

UNWRITTEN = (
    "The run's folder cannot be written ({}), so nothing more is sent. Make room, then run it again: "
    "paid replies are in the cache."
)
BAD_ORDER, TAKEN = 2, 3
LEAST_DSPY = (3, 4)
# What a refusal means for the run: these say that it cannot work, the others that it had to stop.
FAILURES = {"metric": "metric", "price": "model", "errors": "run"}


def main(folder: Path) -> int:
    """Carries out the order of a run folder. 0 also when the run failed, and said so."""
    lock = take_lock(folder)
    if lock is None:
        sys.stderr.write("Another worker has this run.\n")
        return TAKEN
    try:
        order = Order.model_validate_json((folder / ORDER).read_bytes())
    except (OSError, ValidationError) as error:
        sys.stderr.write(f"The order cannot be read: {error}\n")
        return BAD_ORDER
    redactor = redact.process_redactor()
    redact.guard_output(redactor)
    writer = Writer(folder, order.run, redactor)
    guard = Guard(order.caps)
    # What is paid from now on could not be told.
    writer.on_refusal = lambda error: guard.latch("errors", UNWRITTEN.format(error.strerror))
    report = Report(order, writer, Ledger(writer))
    watch = Watch(guard, report, order.caps.answer_seconds)
    watch.listen()
    watch.start()
    carry_out(order, folder, writer, guard, report, watch, redactor)
    if any(not it.daemon for it in threading.enumerate() if it is not threading.main_thread()):
        leave()
    return 0


def take_lock(folder: Path) -> int | None:
    """Holds the run's lock for as long as this process lives; None when another one does."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    # A process that user code forks must not keep the run alive.
    os.register_at_fork(after_in_child=lambda: os.close(lock))
    return lock


def carry_out(
    order: Order,
    folder: Path,
    writer: Writer,
    guard: Guard,
    report: Report,
    watch: Watch,
    redactor: redact.Redactor,
) -> None:
    """Everything between `started` and `finished`; whatever happens, there is a `finished`."""
    python = ".".join(str(it) for it in sys.version_info[:3])
    writer.event(Started, pid=os.getpid(), python=python, dspy=dspy_version() or "")
    roots = [order.root, *order.target.import_roots]
    try:
        prepare(order, writer, redactor)
        stopped = take_steps(Tools(order, folder, writer, guard, report, watch, redactor))
        report.finish("succeeded" if stopped is None else "stopped", stopped)
    except Failed as failed:
        watch.catch_up()
        if guard.latched is not None and guard.latched[0] == "cancelled":
            refusal(Refused(*guard.latched), report)
            return
        report.finish("failed", failed.reason, failed.stage)
    except Refused as refused:
        refusal(refused, report)
    except BaseException as error:
        watch.catch_up()
        if guard.latched is not None:
            refusal(Refused(*guard.latched), report)
            return
        sys.excepthook(type(error), error, error.__traceback__)
        reason = f"{place(error, roots)}{described(error)}. The run's log says more."
        report.finish("failed", reason, "run")


def refusal(refused: Refused, report: Report) -> None:
    """Ends a run that may send nothing more: stopped with its best, or failed where it never worked."""
    if refused.kind in FAILURES:
        report.finish("failed", refused.reason, FAILURES[refused.kind])
    elif refused.kind == "provider" and report.candidate() is None:
        report.finish("failed", refused.reason, "model")
    else:
        report.finish("stopped", refused.reason)


def prepare(order: Order, writer: Writer, redactor: redact.Redactor) -> None:
    """Makes the process ready to import DSPy."""
    # The retries of LiteLLM's own clients would go past the guard.
    os.environ["DEFAULT_MAX_RETRIES"] = "0"
    warning = load_environment(order, dict(os.environ))
    redactor.learn(value for name, value in os.environ.items() if redact.SECRET_NAME.search(name))
    if warning:
        writer.log(warning, "warning")
    check_dspy()
    random.seed(order.seed)


def check_dspy() -> None:
    found = dspy_version()
    if found is None:
        raise Failed("dspy", f"DSPy is not installed in {sys.executable}. Install dspy 3.4 there.")
    if tuple(int(it) for it in found.split(".")[:2] if it.isdigit()) < LEAST_DSPY:
        raise Failed("dspy", f"DSPy {found} is too old. Install dspy 3.4 in {sys.executable}.")
    started = time.monotonic()
    try:
        import dspy  # noqa: F401 - whether it can be imported at all
    except Exception as error:
        raise Failed(
            "dspy", f"DSPy {found} cannot be imported: {described(error)}. Install it anew."
        ) from error
    sys.stderr.write(f"dspy {found} imported in {time.monotonic() - started:.2f} s\n")


def dspy_version() -> str | None:
    try:
        return version("dspy")
    except PackageNotFoundError:
        return None
