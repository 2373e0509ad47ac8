"""`link TARGET [FILE]`: which files may hold a target's examples, and the link to one of them."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from dspy_lens.cli.edits import Change, diff_view, line_starts
from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.importing import mapping
from dspy_lens.cli.places import existing, relative, root_for
from dspy_lens.cli.reading import find, read_root
from dspy_lens.cli.terminal import Terminal
from dspy_lens.source.linking import CannotEdit
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.values.target import Target
from dspy_lens.workspace.linking import (
    Link,
    Offered,
    by_hand,
    link_in_comment,
    link_in_settings,
    match_json,
    offered,
)
from dspy_lens.workspace.snapshot import Snapshot


def link_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="module:Name, its unique last part, or path.py:Name")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="the examples; else lists what fits"
    )
    parser.add_argument(
        "--map", metavar="COLUMN:FIELD,…", help="where the names differ; else as it is listed"
    )


def link(args: Namespace, terminal: Terminal) -> Exit:
    root = root_for(args)
    target, found, snapshot = asyncio.run(_found(root, args.target))
    if args.file is None:
        every = [match_json(it) for it in found]
        terminal.document({"target": target.name, "matches": every})
        terminal.show(*_listed(every, target))
        return Exit.DONE
    chosen = _chosen(args, root, found)
    change = _change(root, target, chosen, snapshot)
    name = relative(change.path, root)
    terminal.show(*diff_view(change.before or "", change.after, name))
    if not terminal.ask(f"Write {name}?"):
        return Exit.NO
    change.write()
    terminal.document(
        {"target": target.name, "source": chosen.source, "map": dict(chosen.columns), "path": name}
    )
    terminal.say(f"{target.definition.qualname} takes its examples from {chosen.source} now.")
    return Exit.DONE


async def _found(root: Path, named: str) -> tuple[Target, tuple[Offered, ...], Snapshot]:
    snapshot = await read_root(root)
    target = await snapshot.target(find(snapshot, named).name)
    assert target is not None, "Its definition was just found."
    return target, offered(target, await snapshot.matches(target)), snapshot


def _listed(matches: list[dict[str, object]], target: Target) -> Iterator[Text]:
    if not matches:
        yield Text(f"No file here has columns like the fields of {target.definition.qualname}.")
    for it in matches:
        yield Text.assemble((str(it["source"]), "bold"), f" · {it['text']}")
        yield Text(f"  {it['detail']}", style="dim")


def _chosen(args: Namespace, root: Path, found: tuple[Offered, ...]) -> Link:
    path = existing(args.file).resolve()
    if not path.is_relative_to(root):
        raise Ended(f"{args.file} lies outside of {root}. Name a file inside.")
    source = relative(path, root)
    known = next((it.match.map for it in found if it.match.path == source), {})
    return Link(source, mapping(args.map) if args.map else known)


def _change(root: Path, target: Target, chosen: Link, snapshot: Snapshot) -> Change:
    edit = link_in_comment(target, chosen)
    if edit is not None:
        return _commented(root, edit)
    home = snapshot.settings_home(target)
    before = _read(root / home.path)
    try:
        after = link_in_settings(target, chosen, home, before or "")
    except CannotEdit:
        raise Ended(by_hand(target, chosen, home)) from None
    return Change(root / home.path, before, after)


def _commented(root: Path, edit: TextEdit) -> Change:
    if edit.span.cell is not None:
        raise Ended(f"{edit.span.path} is a notebook. Change the comment in its cell to: {edit.text}")
    path = root / edit.span.path
    before = _read(path) or ""
    start = line_starts(before)[edit.span.line - 1]
    end = start + edit.span.end_column
    return Change(path, before, before[: start + edit.span.column] + edit.text + before[end:])


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else None
