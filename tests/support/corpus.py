"""What real DSPy makes of a folder of sources, beside what the reader says of the same files."""

import asyncio
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import dspy

from dspy_lens.source.python import Project, read_python
from dspy_lens.values.definition import Definition, Field, Kind
from support.source import columns, imported

Fields = list[tuple[str, str | None]]
Shape = tuple[Fields, Fields, str | None]
"""Inputs, outputs and instructions, fields with their descriptions."""


def sources(folder: Path) -> dict[str, str]:
    paths = sorted(it for it in folder.rglob("*.py*") if it.suffix in (".py", ".pyi"))
    return {it.relative_to(folder).as_posix(): it.read_text("utf-8") for it in paths}


def read_all(files: dict[str, str]) -> Project:
    return Project({path: read_python(path, text) for path, text in files.items()})


def compare(files: dict[str, str], folder: Path) -> list[str]:
    """Every difference between what DSPy made of the files and what the reader says, a sentence each."""
    project = read_all(files)
    runnable = {path: text for path, text in files.items() if path.endswith(".py")}
    with imported(runnable, folder) as modules:
        found = {name: [it for it in project.all() if it.module == name] for name in modules}
        return [
            f"{name}: {it}"
            for name, module in modules.items()
            for it in (
                *_classes(module, found[name]),
                *_strings(module, found[name]),
                *_programs(module, found[name]),
            )
        ]


def shape(signature: Any) -> Shape:
    """What DSPy has; without the field that ChainOfThought puts in front."""

    def side(fields: Any) -> Fields:
        return [(name, it.json_schema_extra["desc"]) for name, it in fields.items()]

    return side(signature.input_fields), side(signature.output_fields), signature.instructions


def read_shape(found: Any) -> Shape:
    return columns(found.inputs), columns(found.outputs), found.instructions


def plain(signature: Shape) -> Shape:
    return signature[0], [it for it in signature[1] if it[0] != "reasoning"], signature[2]


def _classes(module: ModuleType, found: list[Definition]) -> Iterator[str]:
    real = {it.__qualname__: it for it in _made(module) if issubclass(it, dspy.Signature)}
    read: dict[str, Definition] = {}
    for it in found:
        if it.kind is Kind.CLASS:
            read[it.qualname.partition("#")[0]] = it
    yield from (f"{name} is not found" for name in real.keys() - read.keys())
    yield from (f"{name} is no signature" for name in read.keys() - real.keys())
    for name in real.keys() & read.keys():
        if shape(real[name]) != read_shape(read[name]):
            yield f"{name}: DSPy has {shape(real[name])}, read was {read_shape(read[name])}"
        for field in (*read[name].inputs, *read[name].outputs):
            yield from _type(module, real[name], field, name)


def _type(module: ModuleType, signature: Any, field: Field, name: str) -> Iterator[str]:
    if field.name not in signature.fields:
        return
    annotation = signature.fields[field.name].annotation
    own = {"__annotations__": {"it": field.type}}
    try:
        meant: Any = typing.get_type_hints(type("T", (), own), vars(module))["it"]
    except Exception as error:
        yield f"{name}.{field.name}: {field.type} means nothing ({error})"
        return
    had = getattr(annotation, "__forward_arg__", annotation)
    if meant != had and str(meant) != str(had) and getattr(meant, "__name__", "") != had:
        yield f"{name}.{field.name} is {annotation}, read was {field.type}"


def _made(module: ModuleType) -> Iterator[type]:
    """The classes that the module's own statements make, those in classes and in `make_…` functions too."""
    waiting: list[Any] = list(vars(module).values())
    makers = [it for it in waiting if inspect.isfunction(it) and it.__name__.startswith("make_")]
    own = [it for it in makers if it.__module__ == module.__name__]
    waiting += [asyncio.run(it()) if inspect.iscoroutinefunction(it) else it() for it in own]
    seen: set[int] = set()
    while waiting:
        it = waiting.pop()
        if inspect.isclass(it) and it.__module__ == module.__name__ and id(it) not in seen:
            seen.add(id(it))
            yield it
            waiting += [inner for name, inner in vars(it).items() if not name.startswith("__")]


def _strings(module: ModuleType, found: list[Definition]) -> Iterator[str]:
    """Every signature that was made of a string is read, under the name that holds it where one does."""
    read = {it.qualname: read_shape(it) for it in found if it.kind is not Kind.PROGRAM}
    wanted = [(name, it) for name, it in vars(module).items() if not name.startswith("__")]
    for owner in _made(module):
        if dspy.Module in owner.__bases__ and not _arguments(owner):
            wanted += [(f"{owner.__qualname__}.{key}", it) for key, it in vars(owner()).items()]
    for name, value in wanted:
        for signature in _of_strings(value):
            own = plain(shape(signature))
            if own not in read.values():
                # DSPy gives signatures that it makes of classes the name of those made of strings.
                if not _is_known(own, found):
                    yield f"{name}: {own} is not among the signatures that were read"
            elif name in read and read[name] != own and len(list(_of_strings(value))) == 1:
                yield f"{name}: DSPy has {own}, read was {read[name]}"


def _is_known(own: Shape, found: list[Definition]) -> bool:
    return any(plain(read_shape(inner)) == own for it in found for inner in it.predictors)


def _of_strings(value: Any) -> Iterator[Any]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    for it in values:
        if inspect.isclass(it) and issubclass(it, dspy.Signature) and it.__name__ == "StringSignature":
            yield it
        elif (isinstance(it, dspy.Predict) and it.signature.__name__ == "StringSignature") or isinstance(
            it, dspy.ReAct | dspy.ProgramOfThought | dspy.CodeAct
        ):
            yield it.signature
        elif isinstance(it, dspy.ChainOfThought):
            yield from _of_strings(it.predict)
        elif isinstance(it, dspy.BestOfN | dspy.Refine):
            yield from _of_strings(it.module)


def _arguments(made: type) -> list[str]:
    parameters = list(inspect.signature(made.__init__).parameters.values())[1:]  # type: ignore[misc]
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [it.name for it in parameters if it.default is it.empty and it.kind not in kinds]


def _programs(module: ModuleType, found: list[Definition]) -> Iterator[str]:
    real = {it.__qualname__: it for it in _made(module) if issubclass(it, dspy.Module)}
    read = {it.qualname: it for it in found if it.kind is Kind.PROGRAM}
    yield from (f"{name} is not found" for name in real.keys() - read.keys())
    yield from (f"{name} is no program" for name in read.keys() - real.keys())
    for name in real.keys() & read.keys():
        if _arguments(real[name]):
            continue
        has = [(inner, shape(it.signature)) for inner, it in real[name]().named_predictors()]
        says = [(it.name, read_shape(it)) for it in read[name].predictors]
        says_of = {it.name: it.factory for it in read[name].predictors}
        if [it for it, _ in has] != [it for it, _ in says]:
            yield f"{name} holds {[it for it, _ in has]}, read was {[it for it, _ in says]}"
        for (inner, one), (_, other) in zip(has, says, strict=False):
            # ReAct and its like make signatures of their own of the one that they are given.
            if says_of[inner] in ("Predict", "ChainOfThought") and plain(one) != plain(other):
                yield f"{name}.{inner}: DSPy has {one}, read was {other}"
