"""Where the page of a problem is: in the package, or in the repository that this runs from."""

from functools import cache
from pathlib import Path

from dspy_lens.values.codes import CODES, page_of

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE / "problem_pages", PACKAGE.parents[1] / "docs" / "problems")


@cache
def page_uri(code: str) -> str | None:
    """The address of a code's page; None where it has none."""
    places = [folder / page_of(code) for folder in FOLDERS] if code in CODES else []
    return next((it.as_uri() for it in places if it.is_file()), None)
