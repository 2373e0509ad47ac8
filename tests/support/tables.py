"""Tables as benchmarks print them: Markdown, so that they can be copied into a page."""

from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are as wide as their widest cell."""
    widths = [max(len(it[at]) for it in (heads, *rows)) for at in range(len(heads))]
    lines = [heads, ["-" * it for it in widths], *rows]
    return "\n".join(line(cells, widths) for cells in lines)


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(it.ljust(width) for it, width in zip(cells, widths, strict=True)) + " |"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
