"""Notebooks as files, and what their code really makes when it runs cell by cell."""

import json
import textwrap
from typing import Any


def code(text: str) -> dict[str, Any]:
    source = textwrap.dedent(text).strip("\n").splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": textwrap.dedent(text).splitlines(True)}


def notebook(*cells: dict[str, Any], language: str = "python") -> str:
    """The text of an `.ipynb` file as Jupyter writes it."""
    metadata = {"kernelspec": {"display_name": "K", "language": language, "name": "k"}}
    made = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
