"""Where a cursor is in a CSV or TSV file: in a name of the header, or in the cell of a column."""

import csv
import io
from typing import Any

from dspy_lens.source.completing.offers import Place
from dspy_lens.source.examples.tables import delimiter_of


def table_place(before: str, after: str, tabs: bool) -> Place | None:
    """The cell that the cursor is in; None in one behind the last column."""
    delimiter = "\t" if tabs else delimiter_of(before + after.partition("\n")[0])
    rows = [it for it in csv.reader(io.StringIO(before, newline=""), delimiter=delimiter) if it]
    if before.endswith(("\n", "\r")) or not rows:
        rows.append([""])
    header, row = rows[0], rows[-1]
    typed = row[-1]
    quoted = before.removesuffix(typed).endswith('"')
    beside = after.partition("\n")[0].split(delimiter)[1:]

    def cell(text: str) -> str:
        if quoted:
            return text.replace('"', '""') + ("" if after.startswith('"') else '"')
        return f'"{text}"' if delimiter in text or '"' in text else text

    def value(it: Any) -> str | None:
        text = "" if it is None else str(it).lower() if isinstance(it, bool) else str(it)
        return cell(text) if text.startswith(typed) and text else None

    if len(rows) == 1:
        taken = frozenset(it.strip().strip('"') for it in (*row[:-1], *beside))
        return Place((), None, typed, taken, lambda it, _: cell(it), value)
    if len(row) > len(header):
        return None
    return Place((), header[len(row) - 1].strip(), typed, frozenset(), lambda it, _: it, value)
