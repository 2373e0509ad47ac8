"""The folder that the demo works in: a copy of the workspace that comes with the package."""

import importlib.util
import shutil
import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from dspy_lens.cli.errors import Ended
from dspy_lens.paths import root_of

NAME = "dspy-lens-demo"


def demo_folder(named: Path | None) -> Path:
    """A fresh copy: where the user says, else here, else in a temporary folder."""
    folder = (named or _place()).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Ended(f"{folder} is not empty. Name a new folder: dspy-lens demo FOLDER")
    with as_file(files("dspy_lens.cli") / "demo_workspace") as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    _lend_interpreter(folder)
    return folder


def _place() -> Path:
    """Here, but not inside of a repository: there it would belong to that repository's root."""
    here = Path.cwd() / NAME
    inside = (root_of(Path.cwd()) / ".git").exists()
    return Path(tempfile.mkdtemp(prefix=f"{NAME}-")) if inside or here.exists() else here


def _lend_interpreter(folder: Path) -> None:
    """Makes the Python that runs us the workspace's own, when it has DSPy."""
    if importlib.util.find_spec("dspy") is None:
        return
    if sys.prefix != sys.base_prefix:
        # A virtual environment is known by its folder: a link to its Python alone would lead past it.
        (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    else:
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
