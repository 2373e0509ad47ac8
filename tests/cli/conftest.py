from collections.abc import Iterator
from pathlib import Path

import pytest

from support.terminal import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder to work in, for verbs that need no daemon."""
    return Desk.at(tmp_path)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Desk]:
    """A folder whose daemon ends with the test."""
    desk = Desk.at(tmp_path)
    yield desk
    desk.close()
