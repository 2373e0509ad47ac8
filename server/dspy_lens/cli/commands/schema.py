"""`schema settings|examples [TARGET]`: a JSON schema, for editors that complete and check by it."""

import asyncio
import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from rich.text import Text

from dspy_lens.cli.errors import Exit, UsedWrongly
from dspy_lens.cli.places import root_for
from dspy_lens.cli.reading import find, read_root
from dspy_lens.cli.terminal import Terminal
from dspy_lens.source.schemas import examples_schema, settings_schema
from dspy_lens.source.skeletons import example_fields


def schema_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("settings", "examples"))
    parser.add_argument("target", nargs="?", metavar="TARGET", help="whose examples")


def schema(args: Namespace, terminal: Terminal) -> Exit:
    made = settings_schema() if args.what == "settings" else _examples(args)
    terminal.document(made)
    terminal.show(Text(json.dumps(made, indent=2, ensure_ascii=False)))
    return Exit.DONE


def _examples(args: Namespace) -> dict[str, Any]:
    if args.target is None:
        raise UsedWrongly("dspy-lens schema examples: name a TARGET. See `dspy-lens schema --help`.")
    return asyncio.run(_of_target(root_for(args), args.target))


async def _of_target(root: Path, text: str) -> dict[str, Any]:
    snapshot = await read_root(root)
    definition = find(snapshot, text)
    target = await snapshot.target(definition.name)
    inputs, outputs = example_fields(definition)
    return examples_schema(definition.name, inputs, outputs, target.settings.map if target else {})
