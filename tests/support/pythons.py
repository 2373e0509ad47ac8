"""Pythons in which packages look installed: what is looked at is whether they are there, not what they do."""

import venv
from pathlib import Path


def make_python(folder: Path, **packages: str) -> str:
    """A virtual environment in which these packages look installed."""
    venv.create(folder, with_pip=False, symlinks=True)
    install(folder, **packages)
    return str(folder / "bin" / "python")


def install(folder: Path, **packages: str) -> None:
    site = next(folder.glob("lib/python*/site-packages"))
    for name, version in packages.items():
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("raise SystemExit('nothing is imported')")
        (site / f"{name}-{version}.dist-info").mkdir()
        (site / f"{name}-{version}.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
