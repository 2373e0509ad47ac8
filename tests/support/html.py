"""Reads a page as a browser's parser would see it: tags with their attributes, and the text between."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "link", "img", "br", "hr", "line", "circle"}
Attributes = dict[str, str | None]


@dataclass
class Element:
    tag: str
    attributes: Attributes = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)

    def all(self, tag: str = "", **attributes: str) -> "list[Element]":
        """Every element below of this tag and with these attributes, in the order of the page."""
        return [it for it in self.walk() if tag in ("", it.tag) and it.has(attributes)]

    def one(self, tag: str = "", **attributes: str) -> "Element":
        (found,) = self.all(tag, **attributes)
        return found

    def has(self, attributes: dict[str, str]) -> bool:
        return all(self.attributes.get(name) == it for name, it in attributes.items())

    def walk(self) -> "Iterator[Element]":
        for it in self.children:
            if isinstance(it, Element):
                yield it
                yield from it.walk()

    @property
    def raw(self) -> str:
        """The text inside, as it is written."""
        return "".join(it if isinstance(it, str) else it.raw for it in self.children)

    @property
    def text(self) -> str:
        """What is read: the text with single spaces, without style and script."""
        parts = [it if isinstance(it, str) else it.text for it in self.children]
        return "" if self.tag in ("style", "script") else " ".join(" ".join(parts).split())


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> ends <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(html: str) -> Element:
    """The page as a tree; every element in it must be closed."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader._open == [reader.root], [it.tag for it in reader._open]
    return reader.root
