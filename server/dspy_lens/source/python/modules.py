"""Where modules of the root lie, and what they are called."""

import sys
from collections.abc import Iterable, Sequence
from functools import cached_property

from dspy_lens.source.python.known import OWN_REPOSITORY


def module_name(path: str, roots: Sequence[str] = ("", "src"), packages: frozenset[str] = frozenset()) -> str:
    """The dotted import path of a file; `packages` holds the folders with an `__init__.py`.

    A notebook is named by its path. A root that is itself a package is no root.
    """
    if not path.endswith((".py", ".pyi")):
        return path
    for root in sorted(roots, key=len, reverse=True):
        if root and path.startswith(f"{root}/") and root not in packages:
            path = path[len(root) + 1 :]
            break
    stem = path.rpartition(".")[0]
    return stem.removesuffix("/__init__").replace("/", ".")


class Modules:
    """The files of one root as modules. It depends on paths only, so edits share it."""

    def __init__(self, paths: Iterable[str], roots: Sequence[str]) -> None:
        self.paths = frozenset(paths)
        self.roots = tuple(roots)
        self.packages = frozenset(_folder(it) for it in self.paths if it.endswith("__init__.py"))
        self._tops = frozenset(part.removesuffix(".py") for it in self.paths for part in it.split("/"))

    def name(self, path: str) -> str:
        return module_name(path, self.roots, self.packages)

    @cached_property
    def by_name(self) -> dict[str, str]:
        """The file of each dotted name."""
        ordered = sorted(self.paths, key=lambda it: (not it.endswith(".py"), it))
        names: dict[str, str] = {}
        for path in ordered:
            names.setdefault(self.name(path), path)
        return names

    @cached_property
    def shadows_dspy(self) -> bool:
        """Whether `import dspy` finds a package of the root that is not DSPy."""
        found = any(self._file(_join(root, "dspy")) for root in self.roots)
        return found and not all(it in self.paths for it in OWN_REPOSITORY)

    def absolute(self, dotted: str, importer: str) -> str | None:
        """The file of an absolute import: below an import root, beside or above the file that imports, or installed.

        Where several packages live in one repository, one imports another by its name, wherever that lies.
        """
        if dotted.partition(".")[0] not in self._tops:
            return None
        if dotted.startswith("dspy.") or dotted == "dspy":
            return self.by_name.get(dotted) if self.shadows_dspy else None
        if found := self.by_name.get(dotted):
            return found
        folder, inner = _folder(importer), dotted.replace(".", "/")
        while folder:
            if found := self._file(f"{folder}/{inner}"):
                return found
            folder = _folder(folder)
        if found := self._file(inner):
            return found
        installed = self._installable.get(dotted.partition(".")[0])
        return self._file(f"{installed}/{inner}") if installed else None

    @cached_property
    def _installable(self) -> dict[str, str]:
        """The folders of the packages that lie inside of no other and whose name no other has."""
        found: dict[str, list[str]] = {}
        for it in sorted(self.packages):
            folder, _, name = it.rpartition("/")
            if folder not in self.packages and name not in sys.stdlib_module_names:
                found.setdefault(name, []).append(folder)
        return {name: folders[0] for name, folders in found.items() if len(folders) == 1}

    def relative(self, module: str, level: int, importer: str) -> str | None:
        """The file of `from ..module import …`; in a notebook, what it `%run`s, which may be a notebook too."""
        folder = self.folder(level, importer)
        if folder is None:
            return None
        notebook = _join(folder, f"{module.replace('.', '/')}.ipynb")
        if importer.endswith(".ipynb") and notebook in self.paths:
            return self._file(notebook.removesuffix(".ipynb")) or notebook
        return self._file(_join(folder, module.replace(".", "/"))) if module else self._file(folder)

    def below(self, package: str, name: str) -> str | None:
        """The module `name` of the package whose `__init__.py` is `package`."""
        if not package.endswith("__init__.py"):
            return None
        return self._file(_join(_folder(package), name))

    def folder(self, level: int, importer: str) -> str | None:
        """The folder that a relative import of this level starts in."""
        folder = _folder(importer)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = _folder(folder)
        return folder

    def _file(self, stem: str) -> str | None:
        for path in (f"{stem}.py", _join(stem, "__init__.py")):
            if path in self.paths:
                return path
        return None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
