"""What the files of a root do with programs, and what that is about."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from dspy_lens.source.python.doings import Doing, doings
from dspy_lens.source.python.filing import Reading
from dspy_lens.source.python.followed import Followed, followed, still_true
from dspy_lens.source.python.links import Link, Links
from dspy_lens.source.python.literals import ExampleLiteral
from dspy_lens.source.python.names import Names
from dspy_lens.source.python.read import FileFacts
from dspy_lens.source.python.uses import sites
from dspy_lens.values.definition import Span


class Acting:
    """Of one state of the files; what nothing has touched is taken over from the state before.

    `reading` gives what a file declares, None for one that cannot concern DSPy, and `placed` a place as users count it.
    """

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        names: Callable[[], Names],
        reading: Callable[[str], Reading | None],
        placed: Callable[[Span], Span],
    ) -> None:
        self.files = files
        self._names = names
        self._reading = reading
        self._placed = placed
        self._doings: dict[str, Followed[Doing]] = {}
        self._links: dict[str, Followed[Link]] = {}

    def take_over(self, before: "Acting", changes: Mapping[str, FileFacts | None]) -> None:
        """Keeps what the same files were found to do before some of them changed."""
        self._doings = still_true(before._doings, before.files, changes)
        self._links = still_true(before._links, before.files, changes)

    def doings(self, path: str) -> Followed[Doing]:
        """What one file does with programs: compiles, evaluates, saves and loads them."""
        if path not in self._doings:
            names = self._names()
            found = doings(sites(self.files[path]), names) if self._reading(path) else ()
            placed = [replace(it, span=self._placed(it.span)) for it in found]
            self._doings[path] = followed(names, [path], placed)
        return self._doings[path]

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """What all files do, each with what it is about."""
        acting = (path for path, facts in self.files.items() if facts.acts)
        return tuple(it for path in acting for it in self._links_of(path).found)

    def _links_of(self, path: str) -> Followed[Link]:
        if path not in self._links:
            names, done, read = self._names(), self.doings(path), set[str]()

            def literals(other: str) -> tuple[ExampleLiteral, ...]:
                reading = self._reading(other)
                read.update((other, *(reading.rests_on if reading else ())))
                return reading.examples if reading else ()

            found = tuple(Links(names, literals).of(done.found))
            self._links[path] = followed(names, [*done.paths, *read], found)
        return self._links[path]
