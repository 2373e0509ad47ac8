"""Every problem has a page, and every page a problem."""

import re
from pathlib import Path

import pytest

from dspy_lens.lsp.problem_pages import page_uri
from dspy_lens.values.codes import CODES, page_of

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "problems"
GIVEN = re.compile(r'"((?:examples|settings|metric)/[a-z-]+|(?:[a-z]+-)+[a-z]+|comment)"')


def codes_in_the_source() -> set[str]:
    """Every literal that stands where a problem's code does."""
    told = r"(?:Problem|problem|Malformed|Unreadable|broken)\(\s*(?:[\w.\[\]()]+,\s*)?(?:\([^)]*\),\s*)?"
    found: set[str] = set()
    for path in (ROOT / "server" / "dspy_lens").rglob("*.py"):
        text = path.read_text("utf-8")
        found.update(re.findall(told + r'f?"([a-z]+(?:[/-][a-z-]+)*)"', text))
    return found


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    pages = {it.name for it in PAGES.glob("*.md")} - {"README.md"}
    assert pages == {page_of(it) for it in CODES}


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_says_what_it_is_about_what_to_do_and_how_to_switch_it_off(code: str) -> None:
    text = (PAGES / page_of(code)).read_text("utf-8")
    assert text.startswith(f"# {code}\n\n{CODES[code]}.\n")
    assert "**What to do.**" in text
    assert "Switch: `problems = {" in text
    assert page_uri(code) == (PAGES / page_of(code)).as_uri()


def test_the_index_lists_every_code() -> None:
    index = (PAGES / "README.md").read_text("utf-8")
    assert re.findall(r"\| \[([^]]+)\]\(([^)]+)\) \| (.*) \|", index)
    assert {
        (code, page, title)
        for code, page, title in re.findall(r"\| \[([^]]+)\]\(([^)]+)\) \| (.*) \|", index)
    } == {(code, page_of(code), title) for code, title in CODES.items()}


def test_whatever_the_code_tells_is_a_code_with_a_page() -> None:
    assert codes_in_the_source() - CODES.keys() == set()
    every = "".join(
        it.read_text("utf-8") for it in (ROOT / "server" / "dspy_lens").rglob("*.py") if it.name != "codes.py"
    )
    assert [code for code in CODES if f'"{code}"' not in every] == []
