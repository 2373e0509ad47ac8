"""Examples that were got from elsewhere after a yes: one file of JSON Lines for each source, in the state folder.

The repository has no part in it, so it can bring none of its own.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.plain import Plain
from dspy_lens.source.files import Stat, stat_of
from dspy_lens.values.elsewhere import Elsewhere
from dspy_lens.values.examples import ExampleFile, digest


class Kept:
    """What was got so far. Reading one again costs a stat."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._read: dict[str, tuple[Stat, ExampleFile]] = {}

    def read(self, it: Elsewhere) -> ExampleFile | None:
        """The records of a source as it is now; None when they were never got."""
        place = self._place(it)
        stat = stat_of(place) if place else None
        if place is None or stat is None:
            return None
        known = self._read.get(place.name)
        if known is None or known[0] != stat:
            known = self._read[place.name] = (stat, _parsed(it.source, place))
        return known[1]

    def keep(self, it: Elsewhere, records: Sequence[Mapping[str, Any]]) -> None:
        """Writes the records of a source, all or nothing."""
        place = self._place(it)
        assert place is not None, "There is a folder wherever something can be got."
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = place.with_suffix(".new")
        new.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in records), "utf-8")
        new.replace(place)

    def forget(self, it: Elsewhere) -> None:
        if (place := self._place(it)) is not None:
            with contextlib.suppress(FileNotFoundError):
                place.unlink()

    def _place(self, it: Elsewhere) -> Path | None:
        name = digest([it.source, it.origin])[:24]
        return self._folder / f"{name}.jsonl" if self._folder else None


def _parsed(source: str, place: Path) -> ExampleFile:
    """The records as rows; their lines are all 1, since nobody can look at them."""
    content = place.read_bytes()
    found, plain = Found(source), Plain()
    for line in content.decode("utf-8").splitlines():
        try:
            found.row(1, plain(json.loads(line)))
        except ValueError as error:
            found.broken(1, f"Record {found.number + 1} can not be used: {error}. The others are.")
    return ExampleFile(
        source,
        tuple(found.columns),
        tuple(found.rows),
        hashlib.sha256(content).hexdigest(),
        found.problems,
    )
