"""Small sources, one folder for each thing that people write: read as DSPy has them when they run."""

from pathlib import Path

import pytest

from support.corpus import compare, sources

CASES = sorted(it for it in (Path(__file__).parent / "cases").iterdir() if it.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.name)
def test_it_is_read_as_dspy_has_it(case: Path, tmp_path: Path) -> None:
    assert compare(sources(case), tmp_path) == []
