"""Writes an executable that stands where an interpreter stands, and fails as it is told."""

import sys
from pathlib import Path


def interpreter_that(folder: Path, does: str) -> Path:
    """An executable that runs `does` (Python) instead of the measurer it is started with."""
    made = folder / "python"
    made.write_text(f"#!{sys.executable}\n{does}\n")
    made.chmod(0o755)
    return made


def first_time(does: str) -> str:
    """Python that does this when it is run for the first time, and measures afterwards."""
    return f"""
import os, pathlib, sys
mark = pathlib.Path(__file__).with_name("mark")
if not mark.exists():
    mark.touch()
    {does}
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
