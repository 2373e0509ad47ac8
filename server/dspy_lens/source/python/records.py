"""Where the records that code loops over come from: a file that it reads, or a dataset of the Hub."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dspy_lens.source.python.following import DEEPEST, Following, constant
from dspy_lens.source.python.given import file_named
from dspy_lens.source.python.syntax import Spot
from dspy_lens.values.definition import Span

PARSERS = frozenset(
    {"json.load", "json.loads", "yaml.safe_load", "yaml.load", "csv.DictReader", "orjson.loads"}
)
TABLES = frozenset({"read_csv", "read_json", "read_parquet", "read_table"})
SAME = frozenset({"list", "tuple", "sorted", "iter"})
KEPT = frozenset(
    {"to_dict", "itertuples", "read", "readlines", "read_text", "read_bytes", "splitlines", "open"}
)
KEPT_MORE = frozenset({"shuffle", "select", "head", "sample", "to_list", "to_pylist", "strip", "reset_index"})
FORMATS = frozenset({"csv", "json", "parquet"})


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as code names it: `beside` says that it counts from the folder of the code."""

    path: str
    beside: bool
    code: str  # the path of the file that reads it

    @property
    def places(self) -> tuple[str, ...]:
        """Where it may lie, relative to the root."""
        folder = self.code.rpartition("/")[0]
        beside = f"{folder}/{self.path}" if folder else self.path
        return (beside,) if self.beside else tuple(dict.fromkeys((self.path, beside)))


@dataclass(frozen=True, slots=True)
class Lost:
    """Where following had to stop, and why: the end of a sentence."""

    span: Span
    why: str
    running: str | None = None  # `pkg.mod:name` of what running the user's code would give


Records = FileRead | str | Lost
"""A file, or `hf:owner/name`."""


def lost(spot: Spot, why: str) -> Lost:
    return Lost(Span(spot.where.path, spot.line, spot.line), why)


def records_of(following: Following, spot: Spot, depth: int = 0) -> Records:
    """The file or dataset that the items of an expression are records of."""
    if depth > DEEPEST:
        return lost(spot, "is passed on too often")
    node = spot.node
    match node:
        case ast.Name() | ast.Attribute() if (before := following.back(spot)) is not None:
            return records_of(following, before, depth + 1)
        case ast.ListComp(generators=[ast.comprehension(iter=source, target=target, ifs=[])], elt=item):
            if _parses(following, spot.other(item), target):
                return records_of(following, spot.other(source), depth + 1)
        case ast.Subscript(value=value, slice=ast.Slice()):
            return records_of(following, spot.other(value), depth + 1)
        case ast.Subscript(value=value, slice=ast.Constant(value=str(part))):
            found = records_of(following, spot.other(value), depth + 1)
            if isinstance(found, str) and "split=" not in found:
                return f"{found}{'&' if '?' in found else '?'}{urlencode({'split': part})}"
        case ast.Call():
            return _of_call(following, spot, node, depth)
    return lost(spot, "comes from what only running shows")


def _of_call(following: Following, spot: Spot, node: ast.Call, depth: int) -> Records:
    name, tail = following.external(spot), (spot.call() or ("", node))[0].rpartition(".")[2]
    first = spot.other(node.args[0]) if node.args else None
    if name.startswith("datasets.") and tail == "load_dataset":
        return _dataset(following, spot, node)
    if first is not None and (name in PARSERS or (tail in SAME and "." not in (spot.name or tail))):
        return records_of(following, first, depth + 1)
    if first is not None and (name.partition(".")[0] in ("pandas", "polars") and tail in TABLES):
        return _file(following, spot, first)
    if first is not None and spot.call() == ("open", node):
        return _file(following, spot, first)
    if isinstance(node.func, ast.Attribute) and node.func.attr in KEPT | KEPT_MORE and not name:
        owner = spot.other(node.func.value)
        inner = records_of(following, owner, depth + 1)
        return _file(following, spot, owner) if isinstance(inner, Lost) else inner
    if (made := following.result(spot)) is not None:
        return records_of(following, made, depth + 1)
    return lost(spot, f"comes from `{tail or 'a call'}`, which only running shows")


def _parses(following: Following, item: Spot, target: ast.expr) -> bool:
    """Whether an item is nothing but the parsed line: `json.loads(line)`."""
    node = item.node
    if not isinstance(node, ast.Call) or following.external(item) not in PARSERS or not node.args:
        return isinstance(node, ast.Name) and isinstance(target, ast.Name) and node.id == target.id
    line = node.args[0]
    if isinstance(line, ast.Call) and isinstance(line.func, ast.Attribute) and line.func.attr == "strip":
        line = line.func.value
    return isinstance(line, ast.Name) and isinstance(target, ast.Name) and line.id == target.id


def _file(following: Following, spot: Spot, path: Spot) -> Records:
    named = following.back_all(path)
    found = file_named(following.names, named.as_given())
    if found is None or not found[0]:
        return lost(spot, "reads a file whose name only running shows")
    return FileRead(found[0], found[1], named.where.path)


def _dataset(following: Following, spot: Spot, node: ast.Call) -> Records:
    """`load_dataset("owner/name", "config", split="train")`, or of a file: `load_dataset("csv", data_files=…)`."""
    told: Mapping[str | None, Spot] = {it.arg: spot.other(it.value) for it in node.keywords}
    args = [spot.other(it) for it in node.args]
    name = constant(following, args[0] if args else told.get("path"))
    if not isinstance(name, str):
        return lost(spot, "loads a dataset whose name only running shows")
    if name in FORMATS:
        files = told.get("data_files")
        return _file(following, spot, files) if files else lost(spot, "loads several files")
    config = constant(following, args[1] if len(args) > 1 else told.get("name"))
    split = constant(following, told.get("split"))
    said = {"config": config, "split": split.partition("[")[0] if isinstance(split, str) else None}
    query = urlencode({key: it for key, it in said.items() if isinstance(it, str)})
    return f"hf:{name}?{query}" if query else f"hf:{name}"
