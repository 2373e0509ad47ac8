"""What joins a definition with its examples and metric."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from dspy_lens.source.join import ExampleFiles
from support.joining import ROWS, codes, joined, qa, source


def test_a_comment_comes_first_then_settings_then_literals_then_files(tmp_path: Path) -> None:
    literal = "examples = [dspy.Example(question='a', answer='b').with_inputs('question')]\n"
    files = {
        "app/qa.py": dedent(qa("examples=data/comment.jsonl")) + literal,
        "data/comment.jsonl": ROWS,
        "data/settings.jsonl": ROWS,
        "app/data/near.jsonl": ROWS,
        "pyproject.toml": '[tool.dspy-lens.target."app.qa:QA"]\nexamples = "data/settings.jsonl"\n',
    }
    assert source(joined(tmp_path, files)) == ("data/comment.jsonl", "comment", 2)
    files["app/qa.py"] = dedent(qa()) + literal
    assert source(joined(tmp_path, files)) == ("data/settings.jsonl", "settings", 2)
    files["pyproject.toml"] = ""
    assert source(joined(tmp_path, files)) == ("app/qa.py", "examples", 1)
    files["app/qa.py"] = qa()
    assert source(joined(tmp_path, files)) == ("app/data/near.jsonl", "file", 2)


def test_a_comments_path_counts_from_its_file_else_from_the_root(tmp_path: Path) -> None:
    files = {"app/qa.py": qa("examples=data/x.jsonl"), "app/data/x.jsonl": ROWS, "data/x.jsonl": ROWS}
    assert source(joined(tmp_path, files)) == ("app/data/x.jsonl", "comment", 2)


def test_a_comment_may_map_columns_to_fields(tmp_path: Path) -> None:
    files = {"qa.py": qa("map=text:question,gold:answer"), "x.csv": "text,gold\na,b\n"}
    target = joined(tmp_path, files)
    assert source(target) == ("x.csv", "file", 1)
    assert target.settings.map == {"question": "text", "answer": "gold"}


@pytest.mark.parametrize(
    "place", ["app/x.jsonl", "app/data/x.csv", "app/evals/deep/x.yaml", "data/x.json", "datasets/x.tsv"]
)
def test_a_file_near_the_definition_is_found(tmp_path: Path, place: str) -> None:
    text = {
        "jsonl": ROWS,
        "csv": "question,answer\na,b\nc,d\n",
        "tsv": "question\tanswer\na\tb\nc\td\n",
        "yaml": "- {question: a, answer: b}\n- {question: c, answer: d}\n",
        "json": f"[{ROWS.strip().replace(chr(10), ',')}]",
    }
    target = joined(tmp_path, {"app/qa.py": qa(), place: text[place.rpartition(".")[2]]})
    assert source(target) == (place, "file", 2)


def test_in_a_src_layout_the_folders_beside_src_count(tmp_path: Path) -> None:
    target = joined(tmp_path, {"src/app/qa.py": qa(), "data/x.jsonl": ROWS})
    assert source(target) == ("data/x.jsonl", "file", 2)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("other/x.jsonl", ROWS),
        ("x.jsonl", ROWS),
        ("app/sub/x.jsonl", ROWS),
        ("app/data/x.jsonl", '{"question": "a"}\n'),
        ("app/data/x.jsonl", '{"answer": "a", "Question": "b"}\n'),
        ("app/data/node_modules/x.jsonl", ROWS),
    ],
)
def test_anything_weaker_is_not_taken(tmp_path: Path, place: str, text: str) -> None:
    target = joined(tmp_path, {"app/qa.py": qa(), place: text})
    assert (target.examples, target.problems) == (None, ())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"broken\n", "broken-row"),
        (b"\x00\x01" * 99, "binary"),
        (b'{"a": "\xff"}', "encoding"),
    ],
)
def test_a_file_nearby_that_gives_nothing_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "app/data").mkdir(parents=True)
    (tmp_path / "app/data/x.jsonl").write_bytes(content)
    target = joined(tmp_path, {"app/qa.py": qa()})
    assert target.examples is None
    assert [(it.span.path, it.code) for it in target.problems] == [("app/data/x.jsonl", f"examples/{code}")]


def test_a_broken_file_nearby_is_no_matter_where_another_one_fits(tmp_path: Path) -> None:
    target = joined(tmp_path, {"app/qa.py": qa(), "app/data/x.jsonl": ROWS, "app/broken.jsonl": "broken"})
    assert target.examples is not None
    assert target.all_problems == ()


def test_the_nearer_file_is_taken(tmp_path: Path) -> None:
    files = {"app/qa.py": qa(), "app/x.jsonl": ROWS, "app/data/y.jsonl": ROWS, "data/z.jsonl": ROWS}
    assert source(joined(tmp_path, files)) == ("app/x.jsonl", "file", 2)


def test_the_file_that_gives_more_outputs_is_taken(tmp_path: Path) -> None:
    full = '{"question": "a", "answer": "b", "confidence": 1}\n'
    files = {"app/qa.py": qa(), "app/data/a.jsonl": ROWS, "app/data/b.jsonl": full}
    assert source(joined(tmp_path, files)) == ("app/data/b.jsonl", "file", 1)


def test_of_two_files_that_fit_equally_none_is_taken_and_both_are_listed(tmp_path: Path) -> None:
    target = joined(tmp_path, {"app/qa.py": qa(), "app/data/a.jsonl": ROWS, "app/data/b.jsonl": ROWS})
    assert target.examples is None
    assert [it.code for it in target.problems] == ["examples/ambiguous"]
    assert "app/data/a.jsonl, app/data/b.jsonl" in target.problems[0].message


def test_of_files_that_fit_equally_the_one_called_like_the_target_is_taken(tmp_path: Path) -> None:
    files = {"app/qa.py": qa(), "app/data/a.jsonl": ROWS, "app/data/qa.jsonl": ROWS}
    assert source(joined(tmp_path, files)) == ("app/data/qa.jsonl", "file", 2)


def test_literals_of_the_same_folder_are_found(tmp_path: Path) -> None:
    literals = """
        import dspy
        train = [dspy.Example(question="a", answer="b").with_inputs("question"), dspy.Example(other=1)]
    """
    target = joined(tmp_path, {"app/qa.py": qa(), "app/train.py": literals})
    assert source(target) == ("app/train.py", "examples", 1)
    assert target.examples is not None
    assert dict(target.examples.examples[0].labels) == {"answer": "b"}


def test_a_missing_file_is_told_where_it_is_named(tmp_path: Path) -> None:
    target = joined(tmp_path, {"qa.py": qa("examples=no.jsonl")})
    assert codes(target) == [("qa.py", 3, "examples/missing")]
    settings = '[tool.dspy-lens.target."qa:QA"]\nexamples = "no.jsonl"\n'
    target = joined(tmp_path, {"qa.py": qa(), "pyproject.toml": settings})
    assert codes(target) == [("pyproject.toml", 2, "examples/missing")]


def test_a_broken_record_is_told_in_its_file(tmp_path: Path) -> None:
    target = joined(tmp_path, {"qa.py": qa("examples=x.jsonl"), "x.jsonl": ROWS + "broken\n"})
    assert target.problems == ()
    assert target.examples is not None
    assert [(it.span.path, it.span.line) for it in target.examples.problems] == [("x.jsonl", 3)]


def test_several_files_are_numbered_on(tmp_path: Path) -> None:
    settings = '[tool.dspy-lens.target."qa:QA"]\nexamples = ["x.jsonl", "y.jsonl"]\n'
    target = joined(tmp_path, {"qa.py": qa(), "x.jsonl": ROWS, "y.jsonl": ROWS, "pyproject.toml": settings})
    assert target.examples is not None
    assert target.examples.source == "x.jsonl, y.jsonl"
    assert [it.row for it in target.examples.examples] == [0, 1, 2, 3]


def test_exact_match_when_all_labelled_outputs_can_be_compared(tmp_path: Path) -> None:
    for kind in ("Literal['b', 'd']", "bool", "int", "float"):
        target = joined(tmp_path, {"qa.py": qa(type=kind), "x.jsonl": ROWS})
        assert target.metric is not None, kind
        assert (target.metric.name, target.metric.rule) == ("exact", "type")
    assert joined(tmp_path, {"qa.py": qa(), "x.jsonl": ROWS}).metric is None


def test_an_unlabelled_output_does_not_stand_in_the_way_of_exact_match(tmp_path: Path) -> None:
    files = {"qa.py": qa(), "x.jsonl": '{"question": "a", "confidence": 0.5}\n'}
    metric = joined(tmp_path, files).metric
    assert metric is not None
    assert metric.name == "exact"


def test_a_literal_behind_an_alias_can_be_compared(tmp_path: Path) -> None:
    text = dedent(qa(type="Kind")).replace(
        "import dspy", "import dspy\nfrom typing import Literal\nKind = Literal['b', 'd']"
    )
    target = joined(tmp_path, {"qa.py": text, "x.csv": "question,answer\na,b\nc,e\n"})
    assert target.metric is not None
    assert target.metric.name == "exact"
    assert target.examples is not None
    assert [it.code for it in target.examples.problems] == ["examples/unknown-label"]


@pytest.mark.parametrize(
    "metric", ["exact", "f1:answer", "numeric:0.01", "numeric:0.01:confidence", "'0.7*exact:answer + 0.3*f1'"]
)
def test_built_in_metrics_are_known(tmp_path: Path, metric: str) -> None:
    target = joined(tmp_path, {"qa.py": qa(f"metric={metric}")})
    assert target.metric is not None
    assert (target.metric.name, target.metric.rule) == (metric.strip("'"), "comment")


@pytest.mark.parametrize(
    ("metric", "code", "says"),
    [
        ("exakt", "metric/unknown", "Did you mean exact?"),
        ("f1:anwser", "metric/unknown-field", "Did you mean answer?"),
        ("app.metrics:score", "metric/missing", "no function app.metrics:score"),
    ],
)
def test_a_metric_that_is_not_there_is_told_where_it_is_named(
    tmp_path: Path, metric: str, code: str, says: str
) -> None:
    target = joined(tmp_path, {"qa.py": qa(f"metric={metric}")})
    assert target.metric is None
    assert codes(target) == [("qa.py", 3, code)]
    assert says in target.problems[0].message


def test_the_users_own_metric_comes_with_its_source_and_the_columns_it_names(tmp_path: Path) -> None:
    metrics = """
        def score(example, prediction, trace=None):
            return prediction.answer in example.accepted
    """
    rows = '{"question": "a", "answer": "b", "accepted": ["b"], "id": 7}\n'
    files = {"app/qa.py": qa("metric=app.metrics:score"), "app/metrics.py": metrics, "app/x.jsonl": rows}
    target = joined(tmp_path, files)
    assert target.metric is not None
    assert "example.accepted" in target.metric.pieces[0].text
    assert target.examples is not None
    assert dict(target.examples.examples[0].labels) == {"answer": "b", "accepted": ["b"]}


PROGRAM = """
    import dspy

    class Answering(dspy.Module):
        def __init__(self):
            self.answer = dspy.ChainOfThought("question -> answer")

        def forward(self, {parameters}):
            return self.answer(question=question)
"""


def test_a_program_takes_the_parameters_of_forward_and_labels_of_its_predictors(tmp_path: Path) -> None:
    files = {"app.py": PROGRAM.format(parameters="question"), "x.csv": "question,answer,id\na,b,1\n"}
    target = joined(tmp_path, files, "Answering")
    assert target.examples is not None
    assert dict(target.examples.examples[0].inputs) == {"question": "a"}
    assert dict(target.examples.examples[0].labels) == {"answer": "b"}


def test_a_program_whose_inputs_are_unknown_takes_them_from_the_settings(tmp_path: Path) -> None:
    files = {"app.py": PROGRAM.format(parameters="**kwargs"), "x.csv": "question,answer\na,b\n"}
    assert joined(tmp_path, files, "Answering").examples is None
    files["pyproject.toml"] = '[tool.dspy-lens.target."app:Answering"]\ninputs = ["question"]\n'
    assert source(joined(tmp_path, files, "Answering")) == ("x.csv", "file", 1)


def test_example_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    files = ExampleFiles(tmp_path)
    (tmp_path / "x.jsonl").write_text('{"a": 1}')
    assert files.read("x.jsonl").columns == ("a",)
    (tmp_path / "x.jsonl").write_text('{"b": 1}')
    assert files.read("x.jsonl").columns == ("b",)


@pytest.mark.parametrize(
    ("metric", "kept"), [("exact", [0, 1]), ("exact:answer", [0]), ("f1:confidence", [1])]
)
def test_a_built_in_metric_leaves_out_what_has_no_label_for_it(
    tmp_path: Path, metric: str, kept: list[int]
) -> None:
    rows = '{"question": "a", "answer": "b"}\n{"question": "c", "confidence": 1}\n{"question": "d"}\n'
    target = joined(tmp_path, {"qa.py": qa(f"metric={metric} examples=x.jsonl"), "x.jsonl": rows})
    assert target.examples is not None
    assert [it.row for it in target.examples.examples] == kept
    (problem,) = target.examples.problems
    assert (problem.span.path, problem.code) == ("x.jsonl", "examples/unlabelled")
    assert re.search(rf"{3 - len(kept)} of 3 examples (has|have) no label", problem.message)


def test_the_users_own_metric_gets_examples_without_any_label(tmp_path: Path) -> None:
    metrics = "def score(example, prediction, trace=None):\n    return len(prediction.answer) < 9\n"
    files = {"app/qa.py": qa("metric=app.metrics:score examples=x.csv"), "app/metrics.py": metrics}
    target = joined(tmp_path, files | {"x.csv": "question\na\nb\n"})
    assert source(target) == ("x.csv", "comment", 2)
    assert target.all_problems == ()


def test_a_file_without_usable_records_does_not_hide_the_metric(tmp_path: Path) -> None:
    files = {
        "qa.py": qa("examples=x.jsonl", "bool").replace(
            "        confidence: float = dspy.OutputField()\n", ""
        )
    }
    target = joined(tmp_path, files | {"x.jsonl": '{"a": 1}\n'})
    assert source(target) == ("x.jsonl", "comment", 0)
    assert target.metric is not None
    assert [it.code for it in target.all_problems] == ["examples/missing-input"]
