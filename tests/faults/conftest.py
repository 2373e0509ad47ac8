"""A repository whose model the loopback provider plays, shared by the tests of one file."""

from collections.abc import Iterator

import pytest

from support.house import SEARCH, House, house, pupil
from support.kills import Recipe, Undisturbed, undisturbed
from support.provider import Provider

THREADS = 4


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        Provider(rule=pupil, latency=0.01) as provider,
        house(tmp_path_factory.mktemp("faults"), provider, THREADS) as it,
    ):
        yield it


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return Recipe("bootstrap_rs", {**SEARCH, "num_candidate_programs": 2})


@pytest.fixture(scope="module")
def whole(place: House, recipe: Recipe) -> Undisturbed:
    """The recipe's run when nothing happens to it; the store of the place holds it afterwards."""
    return undisturbed(place, recipe)
