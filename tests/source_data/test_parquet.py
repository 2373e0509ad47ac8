"""Parquet files, written by pyarrow itself."""

import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from dspy_lens.source.examples import peek_columns, read_examples
from dspy_lens.source.examples.parquet import MOST_ROWS
from dspy_lens.workspace.index import Index

HERE = Path(__file__).resolve().parents[2] / "server"


def write(place: Path, columns: dict[str, Any]) -> None:
    pyarrow.parquet.write_table(pyarrow.table(columns), place)


def test_rows_are_records_with_nested_values_as_json_has_them(tmp_path: Path) -> None:
    day = datetime.date(2026, 1, 2)
    write(
        tmp_path / "a.parquet",
        {
            "question": ["a", "b"],
            "answers": [{"text": ["x", "y"], "start": [1, 2]}, {"text": [], "start": []}],
            "when": [day, None],
        },
    )
    file = read_examples(tmp_path, "a.parquet")
    assert file.columns == ("question", "answers", "when")
    assert [dict(it.values) for it in file.rows] == [
        {"question": "a", "answers": {"text": ["x", "y"], "start": [1, 2]}, "when": "2026-01-02"},
        {"question": "b", "answers": {"text": [], "start": []}, "when": None},
    ]
    assert file.problems == ()
    assert peek_columns(tmp_path, "a.parquet") == file.columns


def test_of_many_rows_the_first_are_read(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"question": [str(it) for it in range(MOST_ROWS + 1)]})
    file = read_examples(tmp_path, "a.parquet")
    assert (len(file.rows), [it.code for it in file.problems]) == (MOST_ROWS, ["examples/many"])


def test_a_column_of_bytes_is_told_and_left_out(tmp_path: Path) -> None:
    pictures = [{"bytes": b"\x89PNG", "path": "a.png"}]
    write(tmp_path / "a.parquet", {"question": ["a"], "image": pictures, "raw": [b"1"]})
    file = read_examples(tmp_path, "a.parquet")
    assert file.columns == ("question",)
    assert [it.code for it in file.problems] == ["examples/bytes-column"] * 2
    assert peek_columns(tmp_path, "a.parquet") == ("question",)


def test_a_file_that_is_cut_off_or_of_another_kind_says_so(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"question": ["a"] * 100})
    whole = (tmp_path / "a.parquet").read_bytes()
    for content in (whole[:-40], b"PAR1", b"question\na\n", b""):
        (tmp_path / "b.parquet").write_bytes(content)
        file = read_examples(tmp_path, "b.parquet")
        assert [it.code for it in file.problems] == ["examples/unreadable"], content
        assert file.rows == ()


def test_damage_inside_keeps_the_rows_before_it(tmp_path: Path) -> None:
    table = pyarrow.table({"question": [f"{it:06}" for it in range(4000)]})
    place = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(table, place, row_group_size=1000, use_dictionary=False, compression="zstd")
    third = pyarrow.parquet.ParquetFile(place).metadata.row_group(2).column(0)
    content = bytearray(place.read_bytes())
    start = third.data_page_offset
    content[start : start + third.total_compressed_size] = b"\xff" * third.total_compressed_size
    place.write_bytes(content)
    file = read_examples(tmp_path, "a.parquet")
    assert [it.code for it in file.problems] == ["examples/broken-row"]
    assert 1000 <= len(file.rows) <= 2000


def test_without_pyarrow_the_message_says_how_to_install_it(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"question": ["a"]})
    # An interpreter that finds no pyarrow: an empty entry in sys.modules is what a missing module looks like.
    script = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from dspy_lens.source.examples import read_examples\n"
        "print(read_examples(Path(sys.argv[1]), 'a.parquet').problems[0].message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, cwd=HERE
    )
    assert done.stdout == (
        "a.parquet needs pyarrow, which is not installed here. Install it: pip install 'dspy-lens[parquet]'\n"
    )


def test_pyarrow_is_loaded_only_when_a_parquet_file_is_read() -> None:
    script = "import sys, dspy_lens.source.join\nprint('pyarrow' in sys.modules)\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=HERE
    )
    assert done.stdout == "False\n"


async def test_what_is_wrong_in_a_record_names_its_number(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app.py").write_text(
        "import dspy\nfrom typing import Literal\n# dspy-lens: examples=a.parquet\nclass QA(dspy.Signature):\n"
        "    question: str = dspy.InputField(desc='q')\n    answer: Literal['yes', 'no'] = dspy.OutputField()\n"
    )
    write(tmp_path / "a.parquet", {"question": ["a", "b", "a"], "answer": ["yes", "maybe", "no"]})
    index = Index(tmp_path, tmp_path / "none.toml")
    await index.scan()
    messages = [it.message for it in await index.snapshot.problems("a.parquet")]
    assert messages[0].startswith("Record 2: `answer` is 'maybe'")
    assert messages[1].startswith("Record 3: Record 1 has the same inputs and another `answer`.")
