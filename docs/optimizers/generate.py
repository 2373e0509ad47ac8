"""Writes the tables of these pages: each optimizer's parameters, and what it costs for a few sizes.

python docs/optimizers/generate.py
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from dspy_lens_worker.optimizers import Figure, Optimizer, Shape, all_optimizers, parse_parameters

HERE = Path(__file__).parent
INDEX = "README.md"
EXAMPLES = (20, 50, 100, 200)


def pages() -> dict[Path, str]:
    """Each page with its tables as they should be; the words between them stay as they are."""
    found = {HERE / INDEX: {"optimizers": index()}}
    for it in all_optimizers():
        found[HERE / f"{it.name}.md"] = {"calls": calls(it), "parameters": parameters(it)}
    return {path: filled(path.read_text(encoding="utf-8"), tables) for path, tables in found.items()}


def filled(page: str, tables: dict[str, str]) -> str:
    for name, table in tables.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not place.search(page):
            raise LookupError(f"a page has no place for the table {name}:\n{page[:200]}")
        page = place.sub(lambda it, table=table: f"{it[1]}{table}{it[2]}", page)  # type: ignore[misc]
    return page


def index() -> str:
    rows = [
        [f"[`{it.name}`]({it.name}.md)", cell(it.summary), listed(it.aliases), listed(it.needs) or "–"]
        for it in all_optimizers()
    ]
    return table(["name", "what it does", "also found as", "needs beside DSPy"], rows)


def calls(optimizer: Optimizer) -> str:
    rows = []
    for n in EXAMPLES:
        test = int(0.3 * n)
        small, large = (n - test) * 2 // 7, (n - test) - (n - test) * 2 // 7
        train, validation = (large, small) if optimizer.favours == "train" else (small, large)
        plan = optimizer.calls(parse_parameters(optimizer, {}), Shape(train, validation), 0)
        cells = [str(n), f"{train} + {validation}", shown(plan.task), shown(plan.prompt)]
        rows.append([*cells, shown(plan.result_runs)])
    heads = [
        "examples",
        "train + validation",
        "task calls",
        "prompt model's calls",
        "runs for each answer after",
    ]
    several = any(it[-1] != "1" for it in rows)
    return table(heads, rows) if several else table(heads[:-1], [it[:-1] for it in rows])


def shown(figure: Figure) -> str:
    low, expected, high = (f"{round(it):,}" for it in (figure.low, figure.expected, figure.high))
    return expected if low == high else f"{expected} ({low}–{high})"


def parameters(optimizer: Optimizer) -> str:
    rows = [
        [f"`{name}`", cell(values(it.annotation)), f"`{said(it.default)}`", cell(it.description or "")]
        for name, it in optimizer.parameters.model_fields.items()
    ]
    return table(["parameter", "values", "default", "meaning"], rows)


def values(annotation: Any) -> str:
    """What a parameter takes, in the words of a settings file."""
    return ", ".join(f"`{it}`" for it in _values(annotation))


def _values(annotation: Any) -> Iterator[str]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        for it in inner:
            yield from _values(it)
    elif origin is Literal:
        yield from map(said, inner)
    elif annotation is dict:
        yield "table"
    elif origin is list:
        yield f"list of {inner[0].__name__}"
    elif origin is dict:
        yield "table"
    elif annotation in (None, NoneType):
        yield "none"
    elif annotation is bool:
        yield from ("true", "false")
    else:
        yield {"int": "number", "float": "number", "str": "text"}.get(
            annotation.__name__, annotation.__name__
        )


def said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(it)} |\n" for it in lines)


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{it}`" for it in names)


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
