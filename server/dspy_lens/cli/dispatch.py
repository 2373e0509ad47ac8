"""From words to a verb, and from however the verb ends to an exit code."""

import difflib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from dspy_lens import __version__
from dspy_lens.cli.errors import Ended, Exit, UsedWrongly
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.verbs import LSP, VERBS, Verb

INTERRUPTED = 130  # what shells expect of a command that Ctrl-C ended


def dispatch(argv: Sequence[str]) -> int:
    """Runs the verb that `argv` names."""
    try:
        return _run(list(argv))
    except Ended as ended:
        print(ended, file=sys.stderr)
        return ended.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`) has seen enough. Python would complain again while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:
        if os.environ.get("DSPY_LENS_DEBUG"):
            raise
        what = str(error).partition("\n")[0]
        print(
            f"dspy-lens met a {type(error).__name__}: {what}. Set DSPY_LENS_DEBUG=1 to see where, and report it.",
            file=sys.stderr,
        )
        return Exit.NO


def _run(argv: list[str]) -> int:
    word = next(iter(argv), "--help")
    if word in ("-h", "--help", "help"):
        print(overview())
        return Exit.DONE
    if word in ("-V", "--version", "version"):
        print(f"dspy-lens {__version__}")
        return Exit.DONE
    verb = _verb(word)
    args = _parse(verb, argv[1:])
    return args if isinstance(args, int) else verb.run(args, Terminal.of(args))


def _verb(word: str) -> Verb:
    names = {it.name: it for it in VERBS}
    if word in names:
        return names[word]
    near = difflib.get_close_matches(word, names, n=1)
    guess = f" Did you mean `dspy-lens {near[0]}`?" if near else " See `dspy-lens --help`."
    raise UsedWrongly(f"dspy-lens has no verb {word!r}.{guess}")


def _parse(verb: Verb, words: list[str]) -> Namespace | int:
    """The verb's arguments; an exit code where argparse has said all there is to say (`--help`)."""
    try:
        # Intermixed, so that `--json` and the like may stand anywhere after the verb.
        return verb.parser().parse_intermixed_args(words)
    except SystemExit as ended:
        return int(ended.code or 0)


def overview() -> str:
    """What `dspy-lens --help` prints."""
    rows = [*((it.name, it.summary) for it in VERBS), LSP]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {summary}" for name, summary in rows]
    return "\n".join(
        [
            "usage: dspy-lens VERB … [--root DIR] [--json] [--yes] [--quiet]",
            "",
            "Optimizes DSPy signatures and programs, with the price known before and an honest score after.",
            "",
            *lines,
            "",
            "`dspy-lens VERB --help` says more. Try `dspy-lens demo` first.",
            "Exit: 0 done · 1 the answer is no · 2 used wrongly · 3 stopped, best kept · 4 must ask.",
        ]
    )
