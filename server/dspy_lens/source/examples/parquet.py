"""Parquet: a record a row. Read by pyarrow, which is an extra and is loaded when the first such file is read."""

import io
from collections.abc import Iterator
from typing import Any

from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.plain import Plain
from dspy_lens.source.examples.unreadable import Unreadable
from dspy_lens.values.definition import Severity

INSTALL = "pip install 'dspy-lens[parquet]'"
MOST_ROWS = 100_000


def read_parquet(content: bytes, found: Found) -> None:
    """The rows of a file; a column of bytes, such as pictures, is told and left out."""
    file = _opened(content, found)
    kept = [it.name for it in file.schema_arrow if not _holds_bytes(it.type)]
    for it in file.schema_arrow:
        if it.name not in kept:
            message = f"Column `{it.name}` holds bytes, so it is left out. Store it as text."
            found.problem(1, "examples/bytes-column", message, Severity.INFORMATION)
    found.columns.update(dict.fromkeys(kept))
    if file.metadata.num_rows > MOST_ROWS:
        found.problem(
            1, "examples/many", f"Only the first {MOST_ROWS:,} rows are read. Use a part of the file."
        )
    plain = Plain()
    for values in _rows(file, kept, found):
        try:
            found.row(1, plain(values))
        except ValueError as error:
            found.broken(1, f"Row {found.number + 1} can not be used: {error}. Mend it; the others are used.")


def parquet_columns(content: Any, found: Found) -> tuple[str, ...]:
    """The columns by the file's footer alone; `content` is a path or what an open file gives."""
    return tuple(it.name for it in _opened(content, found).schema_arrow if not _holds_bytes(it.type))


def _opened(content: Any, found: Found) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        message = f"{found.path} needs pyarrow, which is not installed here. Install it: {INSTALL}"
        raise Unreadable("examples/parquet", message) from None
    try:
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        return pyarrow.parquet.ParquetFile(source)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        why = str(error).partition("\n")[0].partition(". ")[0]
        message = f"{found.path} is no Parquet file that can be read ({why}). Write it again."
        raise Unreadable("examples/unreadable", message) from None


def _rows(file: Any, columns: list[str], found: Found) -> Iterator[dict[str, Any]]:
    import pyarrow

    left = MOST_ROWS
    try:
        for batch in file.iter_batches(batch_size=1024, columns=columns):
            yield from batch.slice(0, left).to_pylist()
            left -= batch.num_rows
            if left <= 0:
                return
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        why = str(error).partition("\n")[0]
        found.broken(1, f"The rows from {found.number + 1} on can not be read ({why}). Write the file again.")


def _holds_bytes(kind: Any) -> bool:
    """Whether a column's values are, or have inside, what JSON cannot hold."""
    from pyarrow import types

    if types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if types.is_nested(kind):
        return any(_holds_bytes(kind.field(at).type) for at in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))
