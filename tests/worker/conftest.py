from collections.abc import Iterator
from pathlib import Path

import pytest

from support.orders import Place
from support.provider import Provider, copycat


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A server whose model answers "yes" only when a demo shows it."""
    with Provider(rule=copycat("yes")) as it:
        yield it
