"""Notices that a provider has gone, or never was there: its failures are not wrong answers."""

import threading

from dspy_lens_worker.failure import described
from dspy_lens_worker.guard import Guard

LEAST = 5


class Health:
    """Latches the guard when calls only fail: at once where trying again cannot help, else after a few."""

    def __init__(self, guard: Guard, threads: int) -> None:
        self._guard = guard
        self._limit = max(LEAST, threads)
        self._lock = threading.Lock()
        self._failed_in_a_row = 0
        self._ever_worked = False
        self.failures = 0

    def worked(self) -> None:
        with self._lock:
            self._failed_in_a_row = 0
            self._ever_worked = True

    def failed(self, error: Exception) -> None:
        if not is_provider_failure(error):
            return
        with self._lock:
            self._failed_in_a_row += 1
            self.failures += 1
            hopeless = is_hopeless(error) and not self._ever_worked
            gone = hopeless or self._failed_in_a_row >= self._limit
        if gone:
            self._guard.latch("provider", said(error))


def is_provider_failure(error: BaseException | None) -> bool:
    """Whether a call failed for a reason that is not the program's: a too long prompt is the program's."""
    import dspy

    return isinstance(error, dspy.LMError) and not isinstance(error, dspy.ContextWindowExceededError)


def is_hopeless(error: Exception) -> bool:
    import dspy

    return isinstance(
        error,
        dspy.LMAuthError | dspy.LMNotConfiguredError | dspy.LMUnsupportedModelError | dspy.LMBillingError,
    )


def said(error: BaseException) -> str:
    """What the provider said, and what to do about it."""
    import dspy

    model = getattr(error, "model", None) or "The model"
    match error:
        case dspy.LMNotConfiguredError():
            names = " or ".join(getattr(error, "env_keys", ()) or ()) or "its key"
            return f"{model} has no key. Set {names} in the environment or in `.env`."
        case dspy.LMAuthError():
            return f"{model} refused the key: {described(error)}. Check the key in the environment or `.env`."
        case dspy.LMUnsupportedModelError():
            return f"{model} is not known to its provider: {described(error)}. Name another model."
        case dspy.LMBillingError():
            return f"{model} is not paid for: {described(error)}. Check the account of its provider."
        case _:
            return f"{model} failed: {described(error)}. Try again later, or name another model."
