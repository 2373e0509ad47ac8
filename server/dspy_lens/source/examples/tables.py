"""CSV and TSV: a record a row, named by the header; every cell is text until a field's type is known."""

import csv
import io
from collections.abc import Iterator

from dspy_lens.source.examples.found import Found

DELIMITERS = ",;\t|"
RESTARTS = 20  # how often reading starts anew after a quote that is never closed

csv.field_size_limit(2**31 - 1)


def read_csv(text: str, found: Found) -> None:
    """Rows of a table; some programs write `;` or tabs between the cells of a CSV file."""
    _read(text, delimiter_of(text), found)


def delimiter_of(text: str) -> str:
    """What stands between the cells of a CSV file, as its header shows."""
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=lambda it: (len(_cells(header, it)), -DELIMITERS.index(it)))


def read_tsv(text: str, found: Found) -> None:
    _read(text, "\t", found)


def _read(text: str, delimiter: str, found: Found) -> None:
    rows = _rows(text, delimiter, found)
    header = next((cells for _, cells in rows if any(it.strip() for it in cells)), None)
    if header is None:
        return
    columns = _columns(header, found)
    for line, cells in rows:
        if not any(it.strip() for it in cells):
            continue
        if len(cells) < len(header) or any(it.strip() for it in cells[len(header) :]):
            more = "more" if len(cells) > len(header) else "fewer"
            found.broken(
                line,
                f"This row has {len(cells)} cells, {more} than the header's {len(header)}. "
                "Mend it, and put text that holds the delimiter in quotes.",
            )
        else:
            found.row(line, {name: cells[at] for name, at in columns.items()})


def _columns(header: list[str], found: Found) -> dict[str, int]:
    """Where each named column stands. Of two with one name, the first counts."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(header):
        name = cell.strip()
        if name in columns:
            found.problem(
                1,
                "examples/duplicate-column",
                f"Two columns are called `{name}`; the first is used. Rename one.",
            )
        elif name:
            columns[name] = at
    found.columns.update(dict.fromkeys(columns))
    return columns


def _rows(text: str, delimiter: str, found: Found) -> Iterator[tuple[int, list[str]]]:
    """The rows with their lines. After a quote that is never closed, reading goes on at the next line."""
    before = 0
    for _ in range(RESTARTS):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        start = 1
        while True:
            start = reader.line_num + 1
            try:
                yield before + start, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error):
                    found.broken(
                        before + start, "A quote in this row is never closed. Close it, or double it."
                    )
                    break
                found.broken(
                    before + start, f"This row is not CSV ({error}). Double the quotes inside of cells."
                )
        text = _after(text, start)
        before += start


def _after(text: str, lines: int) -> str:
    """The text without its first lines."""
    at = 0
    for _ in range(lines):
        at = text.find("\n", at) + 1
        if not at:
            return ""
    return text[at:]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
