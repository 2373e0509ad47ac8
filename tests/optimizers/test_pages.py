"""The pages on optimizers say what the code says."""

import importlib.util
from pathlib import Path
from types import ModuleType

from dspy_lens_worker.optimizers import all_optimizers

PAGES = Path(__file__).parents[2] / "docs" / "optimizers"
PARTS = ("## What it does", "## When to use it", "## What it costs here", "## Parameters")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_pages", PAGES / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_tables_are_up_to_date() -> None:
    stale = [
        path.name for path, text in generator().pages().items() if path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run python docs/optimizers/generate.py"


def test_every_optimizer_has_a_page_with_the_same_parts() -> None:
    for it in all_optimizers():
        page = (PAGES / f"{it.name}.md").read_text(encoding="utf-8")
        places = [page.find(part) for part in PARTS]
        assert -1 not in places, it.name
        assert places == sorted(places), it.name


def test_every_page_is_of_an_optimizer() -> None:
    names = {it.name for it in all_optimizers()} | {"README", "sequences"}
    assert {it.stem for it in PAGES.glob("*.md")} == names
