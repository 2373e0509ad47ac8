"""Options that several verbs share, and their way into a request."""

import json
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace, _ArgumentGroup
from pathlib import Path
from typing import Any

RUN_OPTIONS = (
    "optimizer",
    "optimizers",
    "model",
    "models",
    "prompt_model",
    "teacher",
    "judge_model",
    "cap",
    "cap_calls",
    "cap_minutes",
    "threads",
    "seed",
    "cache",
)


def common() -> ArgumentParser:
    """What every verb takes."""
    parser = ArgumentParser(add_help=False)
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="the workspace (else the repository's top above the current folder, else the folder itself)",
    )
    group.add_argument("--json", action="store_true", help="print JSON, and nothing else, on standard output")
    group.add_argument(
        "--yes", action="store_true", help="answer yes: spending within the caps, trust, changes"
    )
    group.add_argument("--quiet", action="store_true", help="print results only")
    return parser


def add_run_options(parser: ArgumentParser) -> None:
    """The options of a run."""
    group = parser.add_argument_group("options of a run")
    group.add_argument("--optimizer", metavar="NAME", help="a name, or names in sequence: bootstrap,copro")
    group.add_argument("--model", metavar="NAME", help='the task model; "offline" is the practice model')
    _add_common_run_options(group)


def add_contest_options(parser: ArgumentParser) -> None:
    """The options of several runs that are compared; caps hold all of them together."""
    group = parser.add_argument_group("what to run first, where it has not been run yet")
    group.add_argument(
        "--optimizer",
        dest="optimizers",
        action="append",
        default=[],
        metavar="NAME",
        help='may be given several times, with parameters of its own: "miprov2 auto=heavy"; without any, '
        "the program is scored as it is",
    )
    group.add_argument(
        "--model",
        dest="models",
        action="append",
        default=[],
        metavar="NAME",
        help="a task model; may be given several times",
    )
    group.add_argument("--detach", action="store_true", help="start the runs and return at once")
    _add_common_run_options(group)


def _add_common_run_options(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--set",
        dest="parameters",
        action="append",
        default=[],
        type=parameter,
        metavar="KEY=VALUE",
        help="any parameter of the optimizer; may be given several times",
    )
    group.add_argument("--prompt-model", metavar="NAME", help="writes instructions")
    group.add_argument("--teacher", metavar="NAME", help="makes demos")
    group.add_argument("--judge-model", metavar="NAME", help="answers the metric `judge`")
    group.add_argument("--cap", type=amount, metavar="DOLLARS", help="the most that the run may spend")
    group.add_argument("--cap-calls", type=count, metavar="N", help="the most requests that it may send")
    group.add_argument("--cap-minutes", type=positive, metavar="M", help="the longest that it may take")
    group.add_argument(
        "--threads", type=at_least_one, metavar="N", help="examples evaluated at the same time"
    )
    group.add_argument("--seed", type=int, metavar="N", help="another seed is another recipe")
    group.add_argument(
        "--cache",
        action=BooleanOptionalAction,
        help="whether the LM cache answers what was asked before; without it, everything is sent and paid anew",
    )
    group.add_argument(
        "--over-budget", action="store_true", help="start although the budget does not hold what it may cost"
    )
    group.add_argument("--fresh", action="store_true", help="run even when the store holds the answer")


def request_of(args: Namespace) -> dict[str, Any]:
    """The run options that were given, by the names of the protocol."""
    every = {name: getattr(args, name, None) for name in RUN_OPTIONS}
    given = {name: it for name, it in every.items() if it is not None and it != []}
    if args.parameters:
        given["parameters"] = dict(args.parameters)
    if args.fresh:
        given["fresh"] = True
    if args.over_budget:
        given["over_budget"] = True
    if args.yes:
        given["yes"] = True
    return given


def parameter(text: str) -> tuple[str, Any]:
    """`key=value`; the value is JSON where it reads as JSON, else a word of Python, else text."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise ArgumentTypeError(f"{text!r} is not key=value")
    words: dict[str, Any] = {"True": True, "False": False, "None": None}
    if value in words:
        return key.strip(), words[value]
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value


def amount(text: str) -> float:
    """A finite number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return value


def positive(text: str) -> float:
    if amount(text) == 0:
        raise ArgumentTypeError("0 is too little")
    return amount(text)


def count(text: str) -> int:
    """A whole number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def at_least_one(text: str) -> int:
    if count(text) == 0:
        raise ArgumentTypeError("0 is too little")
    return count(text)
