"""Source text as the reader sees it, beside what real DSPy makes of the same text."""

import importlib
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from dspy_lens.source.python import Project, read_python
from dspy_lens.values.definition import Definition, Field


def project(files: Mapping[str, str]) -> Project:
    """A root with these files; texts may be indented as a whole."""
    return Project({path: read_python(path, textwrap.dedent(text)) for path, text in files.items()})


def read(text: str, path: str = "app.py") -> Project:
    """A root with one file."""
    return project({path: text})


def names(found: Project) -> list[str]:
    return [it.name for it in found.all()]


def one(found: Project, qualname: str) -> Definition:
    """The definition of this qualified name."""
    return next(it for it in found.all() if it.qualname == qualname)


def lines_of(found: Project, path: str = "app.py") -> dict[str, int]:
    """Where each definition of a file stands."""
    return {it.qualname: it.span.line for it in found.definitions(path)}


def columns(fields: tuple[Field, ...]) -> list[tuple[str, str | None]]:
    return [(it.name, it.desc) for it in fields]


@contextmanager
def imported(files: Mapping[str, str], folder: Path) -> Iterator[dict[str, ModuleType]]:
    """The same files, really imported, by module name."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8", newline="")
    modules = {
        path.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", "."): path
        for path in files
    }
    roots = [str(folder / "src"), str(folder)]
    before = set(sys.modules)
    sys.path[:0] = roots
    importlib.invalidate_caches()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield {name: importlib.import_module(name) for name in modules}
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in {it.partition(".")[0] for it in modules}:
                del sys.modules[name]
        for root in roots:
            sys.path.remove(root)


def reach(module: ModuleType, qualname: str) -> Any:
    """What a qualified name stands for in an imported module."""
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def as_dspy_has_it(signature: Any) -> dict[str, Any]:
    """What DSPy knows of a signature, in comparable form."""
    return {
        "inputs": [(name, it.json_schema_extra["desc"]) for name, it in signature.input_fields.items()],
        "outputs": [(name, it.json_schema_extra["desc"]) for name, it in signature.output_fields.items()],
        "instructions": signature.instructions,
    }


def as_read(definition: Any) -> dict[str, Any]:
    """The same of a definition or predictor."""
    return {
        "inputs": columns(definition.inputs),
        "outputs": columns(definition.outputs),
        "instructions": definition.instructions,
    }
