"""The terminal itself: what is printed where, and whether a question may be asked."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console, RenderableType
from rich.prompt import Confirm, Prompt
from rich.text import Text

from dspy_lens.cli.errors import MayNotAsk

PIPE = 160  # columns


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a verb speaks. With `json`, standard output holds JSON only."""

    out: Console
    err: Console
    json: bool = False
    yes: bool = False
    quiet: bool = False

    @classmethod
    def of(cls, args: Namespace) -> "Terminal":
        return cls(_console(stderr=False), _console(stderr=True), args.json, args.yes, args.quiet)

    @property
    def live(self) -> bool:
        """Whether something that moves may be shown."""
        return self.out.is_terminal and not (self.json or self.quiet)

    def show(self, *things: RenderableType) -> None:
        """Prints for people; nothing with `--json`."""
        if self.json:
            return
        if self.out.is_terminal:
            for thing in things:
                self.out.print(thing, highlight=False)
        else:
            self._write(*things)

    def _write(self, *things: RenderableType) -> None:
        """The same for pipes: lines stay whole, without the blanks that tables fill their columns with."""
        with self.out.capture() as captured:
            for thing in things:
                self.out.print(thing, highlight=False, soft_wrap=isinstance(thing, Text))
        lines = captured.get().splitlines()
        self.out.file.write("".join(f"{line.rstrip()}\n" for line in lines))

    def say(self, text: str) -> None:
        """A remark for people, left out with `--json` and `--quiet`; the text is never markup."""
        if not (self.json or self.quiet):
            self.out.print(text, markup=False, highlight=False)

    def document(self, value: Mapping[str, Any]) -> None:
        """Prints one JSON document; nothing without `--json`."""
        if self.json:
            sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def line(self, value: Mapping[str, Any]) -> None:
        """Prints one JSON line; nothing without `--json`."""
        if self.json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def warn(self, text: str) -> None:
        """A remark on standard error; the text is never markup."""
        self.err.print(text, markup=False, highlight=False, soft_wrap=True)

    def ask(self, question: str) -> bool:
        """Whether the user says yes; raises MayNotAsk where nobody could be asked."""
        if self.yes:
            return True
        if self.json or not self._can_ask:
            raise MayNotAsk(f"{question} Nobody can be asked here: pass --yes to say yes.")
        return Confirm.ask(_plain(question), console=self.err, default=False)

    def choose(self, question: str, choices: list[str]) -> str:
        """The choice that the user names; raises MayNotAsk where nobody could be asked."""
        if self.json or not self._can_ask:
            raise MayNotAsk(f"{question} Nobody can be asked here: name one of {', '.join(choices)}.")
        return Prompt.ask(_plain(question), console=self.err, choices=choices, default=choices[0])

    @property
    def _can_ask(self) -> bool:
        return sys.stdin.isatty() and self.err.is_terminal


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _console(*, stderr: bool) -> Console:
    # A pipe has no width, and its lines are for `grep`: nothing is cut or wrapped early.
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE
    return Console(stderr=stderr, soft_wrap=False, width=width)
