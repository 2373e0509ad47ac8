"""What reading gathers: rows and problems, with a limit to how many problems are told one by one."""

from typing import Any

from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.examples import Row

MANY = 50  # problems of one file that are told one by one


class Found:
    """Gathers the rows and problems of one file in the order in which they stand there.

    `number` counts records from 0, broken ones too, so that a row keeps its number when another is mended.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.columns: dict[str, None] = {}
        self.number = 0
        self._problems: list[Problem] = []
        self._more = 0

    def row(self, line: int, values: dict[str, Any]) -> None:
        self.rows.append(Row(self.number, line, values))
        self.columns.update(dict.fromkeys(values))
        self.number += 1

    def broken(self, line: int, message: str, end_line: int | None = None) -> None:
        """A record that can not be read; the others stay."""
        self.number += 1
        self.problem(line, "examples/broken-row", message, Severity.ERROR, end_line)

    def record(self, line: int, value: Any) -> None:
        """A record that must be an object."""
        if isinstance(value, dict):
            self.row(line, value)
        else:
            kind = {"list": "a list", "str": "text", "NoneType": "null"}.get(type(value).__name__, "a value")
            self.broken(line, f"This record is {kind}, not an object of fields. Write it as {{…}}.")

    def problem(
        self,
        line: int,
        code: str,
        message: str,
        severity: Severity = Severity.WARNING,
        end_line: int | None = None,
    ) -> None:
        if len(self._problems) >= MANY:
            self._more += 1
            return
        self._problems.append(Problem(Span(self.path, line, end_line or line), code, message, severity))

    @property
    def without_lines(self) -> bool:
        """Whether the file has no lines that an editor could show, so that records are told by number."""
        return self.path.lower().endswith(".parquet")

    def of_record(self, number: int, message: str) -> str:
        """The message, with the record that it is about where no line tells that; records count from 1."""
        return f"Record {number + 1}: {message}" if self.without_lines else message

    @property
    def problems(self) -> tuple[Problem, ...]:
        if not self._more:
            return tuple(self._problems)
        last = Problem(
            Span(self.path, 1, 1),
            "examples/more",
            f"{self._more:,} more problems are not listed. Mend those that are, and look again.",
        )
        return (*self._problems, last)
