"""The table of verbs: what each one is for, and the module that does it."""

import importlib
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from dspy_lens.cli.errors import Exit, UsedWrongly
from dspy_lens.cli.options import common
from dspy_lens.cli.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. Its module holds `NAME_arguments(parser)` and `NAME(args, terminal) -> Exit`."""

    name: str
    module: str
    summary: str
    example: str

    def parser(self) -> ArgumentParser:
        parser = Parser(
            prog=f"dspy-lens {self.name}",
            description=self.summary,
            epilog=f"example:\n  {self.example}",
            formatter_class=RawDescriptionHelpFormatter,
            parents=[common()],
        )
        self._function("_arguments")(parser)
        return parser

    def run(self, args: Namespace, terminal: Terminal) -> Exit:
        code: Exit = self._function("")(args, terminal)
        return code

    def _function(self, suffix: str) -> Callable[..., Any]:
        module = importlib.import_module(f"dspy_lens.cli.commands.{self.module}")
        function: Callable[..., Any] = getattr(module, f"{self.name}{suffix}")
        return function


class Parser(ArgumentParser):
    """An argument parser that raises, so that every mistake ends in the same place."""

    def error(self, message: str) -> NoReturn:
        raise UsedWrongly(f"{self.prog}: {message}. See `{self.prog} --help`.")


VERBS = (
    Verb(
        "targets",
        "targets",
        "Lists the signatures and programs that the source declares.",
        "dspy-lens targets src/app",
    ),
    Verb(
        "estimate",
        "estimate",
        "Says what an optimization would cost.",
        "dspy-lens estimate app.events:HistoricEvent",
    ),
    Verb(
        "optimize", "run", "Optimizes a target within a cap.", "dspy-lens optimize HistoricEvent --cap 0.50"
    ),
    Verb("evaluate", "run", "Scores a target as it is.", "dspy-lens evaluate HistoricEvent --model offline"),
    Verb(
        "rerun",
        "run",
        "Runs the last run again, or that of a target.",
        "dspy-lens rerun HistoricEvent --fresh",
    ),
    Verb("runs", "look", "Lists runs, the newest first.", "dspy-lens runs HistoricEvent"),
    Verb("show", "look", "Shows a run: scores, instructions, demos, cost, trials.", "dspy-lens show 7f3a"),
    Verb(
        "compare",
        "compare",
        "Shows runs side by side, after running the optimizers and models that are named.",
        "dspy-lens compare QA --optimizer bootstrap_rs --optimizer gepa --cap 1",
    ),
    Verb("spend", "look", "Shows what was spent.", "dspy-lens spend --by model"),
    Verb("apply", "change", "Writes a run's result into the source.", "dspy-lens apply 7f3a"),
    Verb(
        "export",
        "change",
        "Writes a run's program as DSPy JSON.",
        "dspy-lens export 7f3a --to optimized/qa.json",
    ),
    Verb("cancel", "stop", "Cancels a run and keeps its best.", "dspy-lens cancel 7f3a"),
    Verb(
        "clear",
        "stop",
        "Forgets results or cached calls, never the ledger.",
        "dspy-lens clear --runs --older 30",
    ),
    Verb("check", "check", "Checks exported programs against the source.", "dspy-lens check optimized"),
    Verb(
        "create",
        "create",
        "Writes an example file or a metric to start from.",
        "dspy-lens create examples HistoricEvent",
    ),
    Verb(
        "link",
        "link",
        "Lists files that may hold a target's examples, or links one of them.",
        "dspy-lens link HistoricEvent data/export.csv --map label:category",
    ),
    Verb(
        "schema",
        "schema",
        "Prints the JSON schema of settings, or of a target's examples.",
        "dspy-lens schema examples HistoricEvent",
    ),
    Verb(
        "get",
        "get",
        "Gets examples from the Hugging Face Hub or from your code, after a yes.",
        "dspy-lens get HistoricEvent",
    ),
    Verb("doctor", "service", "Looks for what would keep runs from working.", "dspy-lens doctor"),
    Verb("daemon", "service", "Shows or stops the daemon of a workspace.", "dspy-lens daemon status"),
    Verb("demo", "demo", "Shows it all on a small workspace, without key or network.", "dspy-lens demo"),
)

LSP = ("lsp", "Speaks LSP on standard input and output: what an editor starts.")
