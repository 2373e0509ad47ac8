"""What was found by following code through the files, with all that it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from dspy_lens.source.python.names import Names
from dspy_lens.source.python.read import FileFacts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Followed(Generic[T]):
    """Finds in one file, the files whose names they were found by, and the words that every file was searched for."""

    found: tuple[T, ...]
    paths: frozenset[str]
    words: frozenset[str]

    def rests_on(self, path: str, *texts: str) -> bool:
        """Whether a file with these texts, before and after a change, may have to do with it."""
        return path in self.paths or any(word in text for text in texts for word in self.words)


def followed(names: Names, paths: Iterable[str], found: Iterable[T]) -> Followed[T]:
    """Finds with what `names` was asked for on the way; `paths` are further files that they rest on."""
    every = tuple(found)
    asked = (path for path, _ in names.rests_on)
    return Followed(every, frozenset((*paths, *asked)), frozenset(names.words))


def still_true(
    before: Mapping[str, Followed[T]],
    files: Mapping[str, FileFacts],
    changes: Mapping[str, FileFacts | None],
) -> dict[str, Followed[T]]:
    """What a change of some of the files leaves as it is."""
    texts = {path: (files[path].text, new.text) for path, new in changes.items() if new is not None}
    return {
        path: it
        for path, it in before.items()
        if not any(it.rests_on(changed, *both) for changed, both in texts.items())
    }
