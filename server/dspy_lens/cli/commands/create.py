"""`create examples|metric TARGET`: a file to start from, with the right fields."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from dspy_lens.cli.drafting import drafted
from dspy_lens.cli.edits import Change, diff_view, line_starts
from dspy_lens.cli.errors import Ended, Exit, UsedWrongly
from dspy_lens.cli.importing import imported, without_known
from dspy_lens.cli.options import add_run_options, at_least_one, request_of
from dspy_lens.cli.places import relative, root_for
from dspy_lens.cli.reading import find, read_root
from dspy_lens.cli.terminal import Terminal
from dspy_lens.lsp.adding import LINES
from dspy_lens.lsp.commands.creating import naming
from dspy_lens.source.drafts import with_drafts
from dspy_lens.source.fitting import fitting_metrics
from dspy_lens.source.skeletons import example_fields, examples_skeleton, metric_skeleton, snake
from dspy_lens.values.definition import Definition
from dspy_lens.values.target import Target

FOLDERS = ("evals", "data", "examples", "datasets")
METRICS = "metrics.py"
OF_DRAFTS = {"model", "cap", "cap_calls", "cap_minutes", "seed", "over_budget", "fresh", "threads"}
"""The options of a run that mean something to one that drafts."""

REVIEW = " Correct each draft and remove its `_reviewed` (until then no run uses it)"
WRITE = " Write real examples over these ten (what stays as it is, no run uses)"


def create_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("examples", "metric"))
    parser.add_argument("target", metavar="TARGET", help="module:Name, its unique last part, or path.py:Name")
    parser.add_argument("--from", dest="source", metavar="FILE|hf:NAME", help="examples: take these records")
    parser.add_argument("--map", metavar="COLUMN:FIELD,…", help="with --from: where the names differ")
    parser.add_argument(
        "--drafts",
        type=at_least_one,
        metavar="N",
        help="examples: ask the model for so many, after its price is told; they wait for your review",
    )
    add_run_options(parser)


def create(args: Namespace, terminal: Terminal) -> Exit:
    _refuse_without_effect(args)
    root = root_for(args)
    target = asyncio.run(_target(root, args.target))
    definition = target.definition
    change = _change(args, root, target, terminal)
    name = relative(change.path, root)
    join = _join(args.what, definition, name)
    changes = [change, *(_named(root, definition, join) if args.what == "metric" else ())]
    names = [relative(it.path, root) for it in changes]
    for it, written in zip(changes, names, strict=True):
        terminal.show(*diff_view(it.before or "", it.after, written))
    if not terminal.ask(f"Write {name}{f', and name it in {names[1]}' if names[1:] else ''}?"):
        return Exit.NO
    for it in changes:
        it.write()
    terminal.document({"target": definition.name, "written": names, "join": join})
    terminal.say(f"Wrote {' and '.join(names)}.{_next(args, definition, join, named=len(names) > 1)}")
    if args.what == "metric":
        fitting = ", ".join(f"`metric={it}`" for it in fitting_metrics(example_fields(definition)[1]))
        terminal.say(f"Without code, these fit the outputs too: {fitting}.")
    return Exit.DONE


async def _target(root: Path, named: str) -> Target:
    snapshot = await read_root(root)
    target = await snapshot.target(find(snapshot, named).name)
    assert target is not None, "Its definition was just found."
    return target


def _refuse_without_effect(args: Namespace) -> None:
    """Ends the verb where an option says something that nothing would come of."""
    if args.drafts and args.source:
        raise UsedWrongly(
            "--drafts asks a model and --from takes records that there are. Choose one of them."
        )
    if args.map and not args.source:
        raise UsedWrongly(
            "--map tells the columns of --from. Name the source with --from, or link a file as it is: "
            "`dspy-lens link TARGET FILE --map …`."
        )
    given = sorted(set(request_of(args)) - {"yes"} - (OF_DRAFTS if args.drafts else set()))
    if given:
        names = ", ".join("--" + {"parameters": "set"}.get(it, it).replace("_", "-") for it in given)
        why = "Drafts take no" if args.drafts else "Without --drafts no model is asked, so there is no"
        raise UsedWrongly(f"{why} {names}. Leave it out.")


def _next(args: Namespace, definition: Definition, join: str, named: bool) -> str:
    """What is left to do: files of examples are found by nearness, a metric only where it is named."""
    comment = f"put `# dspy-lens: {join}` above the {definition.noun}"
    if args.what == "metric":
        return " Change it as you like." if named else f" To use it, {comment}."
    filled = " They are found by their fields" if args.source else REVIEW if args.drafts else WRITE
    score = f"then `dspy-lens evaluate {definition.name}` gives a first score"
    return f"{filled}; {score}. Should another file fit as well, {comment}."


def _named(root: Path, definition: Definition, join: str) -> Iterator[Change]:
    """The source with the metric in the comment above the definition; nothing where one is named already."""
    edit = naming(definition, join.removeprefix("metric="))
    path = root / definition.span.path
    if edit is None or definition.span.cell is not None:
        return
    before = path.read_bytes().decode("utf-8", "surrogateescape")
    at = line_starts(before)[edit.span.line - 1] + edit.span.column
    yield Change(path, before, before[:at] + edit.text + before[at:])


def _change(args: Namespace, root: Path, target: Target, terminal: Terminal) -> Change:
    if args.what == "metric":
        return _metric(root, target.definition)
    if args.drafts:
        return _drafted(args, root, target, terminal)
    return _imported(args, root, target, terminal) if args.source else _examples(root, target.definition)


def _drafted(args: Namespace, root: Path, target: Target, terminal: Terminal) -> Change:
    """The drafts of the target's model behind the records that the target's file has already."""
    path = _own_place(root, target)
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    after, new = with_drafts(before or "", drafted(args, root, target, terminal), _input_columns(target))
    if not new:
        raise Ended(f"{relative(path, root)} has all of these already. Review them, then ask for more.")
    return Change(path, before, after)


def _imported(args: Namespace, root: Path, target: Target, terminal: Terminal) -> Change:
    """The records of another source behind those that the target's file has already."""
    path = _own_place(root, target)
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    lines = imported(args.source, args.map, target, terminal)
    new = without_known(lines, before or "", _input_columns(target))
    if not new:
        raise Ended(f"{relative(path, root)} has all of these already. Name another source.")
    start = f"{before.rstrip()}\n" if before and before.strip() else ""
    return Change(path, before, start + "".join(f"{it}\n" for it in new))


def _input_columns(target: Target) -> list[str]:
    return [target.settings.map.get(it.name, it.name) for it in target.definition.inputs]


def _own_place(root: Path, target: Target) -> Path:
    """The JSONL file that the target's examples come from, else where the join finds a new one."""
    files = target.examples.files if target.examples else ()
    own = next((it for it in files if it.endswith(LINES)), None)
    return root / own if own else _place(root, target.definition)


def _examples(root: Path, definition: Definition) -> Change:
    """A new file where the join finds it by nearness."""
    path = _place(root, definition)
    if path.exists():
        raise Ended(f"{relative(path, root)} exists already. Add to it, or rename it first.")
    return Change(path, None, examples_skeleton(definition))


def _place(root: Path, definition: Definition) -> Path:
    beside = (root / definition.span.path).parent
    folder = next((beside / it for it in FOLDERS if (beside / it).is_dir()), beside / FOLDERS[0])
    return folder / f"{_word(definition)}.jsonl"


def _metric(root: Path, definition: Definition) -> Change:
    """The function at the end of `metrics.py` beside the source."""
    path = (root / definition.span.path).parent / METRICS
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    if before is not None and f"def {_word(definition)}_metric(" in before:
        raise Ended(f"{relative(path, root)} has {_word(definition)}_metric already. Change it there.")
    return Change(path, before, "\n\n".join(it for it in (before, metric_skeleton(definition)) if it))


def _join(what: str, definition: Definition, name: str) -> str:
    """What a `# dspy-lens:` comment says to join the new file to its target."""
    return (
        f"examples={name}"
        if what == "examples"
        else f"metric={_module(definition)}:{_word(definition)}_metric"
    )


def _module(definition: Definition) -> str:
    """The dotted path of `metrics.py` beside the source."""
    if definition.span.cell is not None:
        return Path(METRICS).stem
    package = definition.module
    if not definition.span.path.endswith("__init__.py"):
        package = package.rpartition(".")[0]
    return f"{package}.{Path(METRICS).stem}".removeprefix(".")


def _word(definition: Definition) -> str:
    return snake(definition.qualname.rpartition(".")[2])
