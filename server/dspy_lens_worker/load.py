"""Loads what the order names: the user's module, the student, the examples."""

import hashlib
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens_worker.failure import Failed, described, place
from dspy_lens_worker.messages import EXAMPLES, Order, OrderExample, Part


@dataclass(frozen=True, slots=True)
class Case:
    """One example for DSPy, with what it was in the order."""

    order: OrderExample
    example: Any


@dataclass(frozen=True, slots=True)
class Parts:
    train: tuple[Case, ...]
    validation: tuple[Case, ...]
    test: tuple[Case, ...]

    @property
    def n(self) -> int:
        return len(self.train) + len(self.validation) + len(self.test)


def check_files(order: Order) -> None:
    """Fails when a file is not what it was when the run was asked for."""
    for path, digest in order.files.items():
        file = Path(order.root, path)
        try:
            found = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise Failed("load", f"{path} cannot be read any more: {described(error)}. Run again.") from error
        if found != digest.removeprefix("sha256:"):
            raise Failed("load", f"{path} changed after the run was asked for. Run again.")


def read_examples(folder: Path) -> Parts:
    """The order's examples as `dspy.Example`, by part."""
    import dspy

    parts: dict[Part, list[Case]] = {"train": [], "validation": [], "test": []}
    with (folder / EXAMPLES).open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                order = OrderExample.model_validate(json.loads(line))
                example = dspy.Example(**{**order.inputs, **order.labels}).with_inputs(*order.inputs)
                parts[order.part].append(Case(order, example))
    return Parts(*(tuple(parts[it]) for it in ("train", "validation", "test")))


def add_roots(roots: Sequence[str]) -> None:
    """Lets the user's modules be imported as they are in the user's own runs."""
    sys.path[:0] = [it for it in roots if it not in sys.path]


def import_user_module(name: str, roots: Sequence[str], stage: str = "load", path: str | None = None) -> Any:
    """The user's module; whatever it does instead of loading is one sentence with its place."""
    # What a module that ends the process leaves behind as its last words.
    sys.stderr.write(f"importing {name}\n")
    sys.stderr.flush()
    with user_code(f"importing {name}", roots, stage):
        if importable(name):
            return importlib.import_module(name)
        return import_file(name, path)


@contextmanager
def user_code(doing: str, roots: Sequence[str], stage: str) -> Iterator[None]:
    """Around code of the user's: turns what it raises into a failed run that names the line."""
    try:
        yield
    except Failed:
        raise
    except SystemExit as error:
        where = place(error, roots)
        raise Failed(
            stage,
            f'{where}sys.exit was called while {doing}. Put it under `if __name__ == "__main__":`.',
        ) from error
    except EOFError as error:
        where = place(error, roots)
        raise Failed(
            stage, f"{where}Input was read while {doing}. Nobody can type here: leave it out."
        ) from error
    except ModuleNotFoundError as error:
        where = place(error, roots)
        raise Failed(
            stage,
            f"{where}There is no module named {error.name}. Install it where the run's Python is, "
            f"or correct the import ({sys.executable}).",
        ) from error
    except (Exception, KeyboardInterrupt) as error:
        raise Failed(stage, f"{place(error, roots)}{described(error)}, while {doing}. Correct it.") from error


def importable(name: str) -> bool:
    return all(it.isidentifier() for it in name.split("."))


def import_file(name: str, path: str | None) -> Any:
    """A module whose file has no importable name, such as `my-script.py`."""
    if path is None or not path.endswith(".py"):
        raise Failed("load", f"{name} cannot be imported. Move what is needed into a module.")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def find_attribute(module: Any, qualname: str) -> Any:
    """What a dotted name leads to inside a module; None when it leads nowhere."""
    found = module
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found
