"""`demo`: the main job on a small workspace, with the practice model, so without key or network."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from dspy_lens.cli.demo_folder import demo_folder
from dspy_lens.cli.editor import Editor
from dspy_lens.cli.errors import Exit
from dspy_lens.cli.follow import answered, follow
from dspy_lens.cli.session import Session, attached_to
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.estimate import estimate_view

NAME = "HistoricEvent"
WIDE = 76

WELCOME = """\
This runs the main job on {folder}, a copy that is yours to change.
The model is DSPy Lens' practice model: it learns from demos and instructions, but it is no language
model. It needs no key and no network; its scores show how the tool works, not how good DSPy is."""

NEOVIM = """\
vim.lsp.config("dspy_lens", {
  cmd = { "dspy-lens", "lsp" }, filetypes = { "python" }, root_markers = { ".git", "pyproject.toml" },
})
vim.lsp.enable("dspy_lens")"""


def demo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="a new folder, else ./dspy-lens-demo or a temporary one",
    )


def demo(args: Namespace, terminal: Terminal) -> Exit:
    folder = demo_folder(args.folder)
    terminal.say(WELCOME.format(folder=folder))
    # The workspace is our own, so there is nothing to ask about it.
    ours = Terminal(terminal.out, terminal.err, json=terminal.json, yes=True, quiet=terminal.quiet)
    with attached_to(folder, ours) as session:
        target = next(it for it in session.ask("targets", {})["targets"] if it["name"].endswith(f":{NAME}"))
        editor = Editor.opened(session.connection, folder / target["path"])
        ended = _show(session, ours, editor, target["name"])
    _farewell(ours, folder, target["path"])
    return ended


def _show(session: Session, terminal: Terminal, editor: Editor, target: str) -> Exit:
    line = editor.line_of(f"class {NAME}")
    estimate = session.ask("estimate", {"target": target})
    _title(terminal, f"What an editor shows in {editor.path.name}")
    terminal.show(*editor.view(line))
    _title(terminal, "What it would cost: dspy-lens estimate")
    terminal.show(*estimate_view(estimate))
    _title(terminal, "A click, or: dspy-lens optimize")
    started = session.command("optimize", {"target": target, "yes": True})
    run = started["run"]
    ended = answered(session, run, terminal) if started.get("stored") else follow(session, run, terminal)
    _title(terminal, "The editor afterwards, and the hover")
    terminal.show(*editor.view(line))
    terminal.show(Padding(Markdown(editor.hover(line, len("class "))), (0, 0, 0, 4)))
    _again(session, terminal, target)
    return ended


def _again(session: Session, terminal: Terminal, target: str) -> None:
    """The same once more, which takes no call."""
    _title(terminal, "The same again")
    before = time.perf_counter()
    again = session.command("optimize", {"target": target, "yes": True})
    took = (time.perf_counter() - before) * 1000
    if again.get("stored"):
        terminal.say(f"Answered from the store in {took:.0f} ms: no call, nothing paid.")
    else:
        follow(session, again["run"], terminal)


def _farewell(terminal: Terminal, folder: Path, path: str) -> None:
    _title(terminal, "Now you")
    terminal.say(f"In VS Code, with the DSPy Lens extension:\n  code {folder} {folder / path}")
    terminal.say(f"In Neovim (0.11 or newer), with this in init.lua:\n{_indented(NEOVIM)}")
    terminal.say(f"  nvim {folder / path}    and `:lua vim.lsp.codelens.run()` on a lens")
    terminal.say(f"In the terminal:\n  cd {folder} && dspy-lens show last")


def _title(terminal: Terminal, text: str) -> None:
    if not terminal.quiet:
        terminal.show(Text(f"\n── {text} {'─' * (WIDE - len(text))}", style="bold"))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
