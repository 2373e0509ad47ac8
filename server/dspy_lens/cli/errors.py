"""How a verb ends when it does not end well: one sentence on what happened and one thing to do."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of the terminal; scripts and CI build on them."""

    DONE = 0
    NO = 1  # the answer is no: failed, stale, refused, not found
    USED_WRONGLY = 2
    STOPPED = 3  # by a cap or by cancelling, with what was best
    ASK = 4  # a question would have to be asked and may not be


class Ended(Exception):
    """A verb that can not go on; `str()` is what the user reads."""

    code = Exit.NO


class UsedWrongly(Ended):
    code = Exit.USED_WRONGLY


class Left(Ended):
    """What was started goes on without the terminal."""

    code = Exit.STOPPED


class MayNotAsk(Ended):
    code = Exit.ASK


def of_refusal(refused: dict[str, str]) -> Ended:
    """The ending for a refusal of the daemon."""
    kinds: dict[str, type[Ended]] = {"used": UsedWrongly, "untrusted": MayNotAsk}
    message = refused.get("message") or "The daemon refused. Run `dspy-lens doctor`."
    return kinds.get(refused.get("reason", ""), Ended)(message)
