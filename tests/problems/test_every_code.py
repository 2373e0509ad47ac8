"""Every problem is told of something small, at its place, in words that say what happened and what to do."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dspy_lens.source.examples.read import LARGEST
from dspy_lens.values.codes import CODES
from dspy_lens.values.definition import Problem
from dspy_lens.workspace.index import Index

QA = '''import dspy
{comment}class QA(dspy.Signature):
    """Answer."""
    question: str = dspy.InputField()
    answer: {type} = dspy.OutputField()
'''


def qa(comment: str = "", answer: str = "str", more: str = "") -> str:
    """A signature, from line 2 on with a comment above it, which is line 2 then; `more` begins at line 6 or 7."""
    return QA.format(comment=f"# dspy-lens: {comment}\n" if comment else "", type=answer) + more


def rows(*more: str) -> str:
    """Twelve records of JSON lines, and more from line 13 on."""
    return "".join(f'{{"question": "{it}?", "answer": "yes"}}\n' for it in range(12)) + "\n".join(more)


DATA = 'data = [dspy.Example(question="a", answer="b").with_inputs("question")]\n'
SCORE = "def score({}):\n    return example.answer == prediction.answer\n"
EVALUATE = "dspy.Evaluate(devset=data, metric=score)(dspy.Predict(QA))\n"
NAMED = "examples=rows.{}"

Files = Mapping[str, str | bytes]
CASES: Mapping[str, tuple[Files, tuple[str, int]]] = {
    "comment": ({"app.py": qa("exmples=x.jsonl")}, ("app.py", 2)),
    "compile-twice": (
        {
            "app.py": f"import dspy\n{DATA}optimizer = dspy.BootstrapFewShot()\n"
            "once = optimizer.compile(dspy.Predict('question -> answer'), trainset=data)\n"
            "twice = optimizer.compile(once, trainset=data)\n"
        },
        ("app.py", 5),
    ),
    "dspy-deprecated": (
        {"app.py": "import dspy\nx = dspy.ProgramOfThought('question -> answer')\n"},
        ("app.py", 2),
    ),
    "dspy-removed": ({"app.py": "import dspy\nlm = dspy.OpenAI('x')\n"}, ("app.py", 2)),
    "example-inputs": (
        {"app.py": qa(more=DATA.replace('.with_inputs("question")', "") + EVALUATE)},
        ("app.py", 6),
    ),
    "field-marker": ({"app.py": qa(more="    why: str\n")}, ("app.py", 6)),
    "field-prefix": ({"app.py": qa().replace("InputField()", "InputField(prefix='Q:')")}, ("app.py", 4)),
    "field-underscore": ({"app.py": "import dspy\nx = dspy.Predict('_a -> b')\n"}, ("app.py", 2)),
    "field-untyped": ({"app.py": qa().replace("question: str", "question")}, ("app.py", 4)),
    "load-mismatch": (
        {
            "app.py": qa(more="program = dspy.Predict(QA)\nprogram.load('qa.json')\n"),
            "qa.json": '{"demos": [], "signature": {"instructions": "Answer.", "fields": ['
            '{"prefix": "A:", "description": "${a}"}]}, "metadata": {}}',
        },
        ("app.py", 7),
    ),
    "load-pickle": ({"app.py": "import dspy\nx = dspy.load('saved')\n"}, ("app.py", 2)),
    "metric-arguments": ({"app.py": qa(more=SCORE.format("example") + DATA + EVALUATE)}, ("app.py", 6)),
    "metric-feedback": (
        {
            "app.py": qa("metric=app:score", more=SCORE.format("example, prediction")),
            "dspy-lens.toml": "optimizer = 'gepa'\n",
        },
        ("app.py", 7),
    ),
    "metric-model-calls": (
        {
            "app.py": qa(
                "metric=app:score",
                more="judge = dspy.Predict('answer -> good: bool')\n"
                "def score(example, prediction):\n    return judge(answer=prediction.answer).good\n",
            )
        },
        ("app.py", 8),
    ),
    "metric-swapped": (
        {"app.py": qa("metric=app:score", more=SCORE.format("prediction, example"))},
        ("app.py", 7),
    ),
    "optimizer-examples": (
        {
            "app.py": qa(
                more=SCORE.format("example, prediction")
                + DATA
                + "dspy.SIMBA(metric=score).compile(dspy.Predict(QA), trainset=data)\n"
            )
        },
        ("app.py", 9),
    ),
    "predict-instructions": (
        {"app.py": "import dspy\nx = dspy.Predict('a -> b', 'Be brief.')\n"},
        ("app.py", 2),
    ),
    "signature-arrow": ({"app.py": "import dspy\nx = dspy.Predict('a, b')\n"}, ("app.py", 2)),
    "signature-bare": ({"app.py": qa().replace('    """Answer."""\n', "")}, ("app.py", 2)),
    "signature-both-sides": ({"app.py": "import dspy\nx = dspy.Predict('a, b -> a')\n"}, ("app.py", 2)),
    "signature-syntax": ({"app.py": "import dspy\nx = dspy.Predict('a -> b c')\n"}, ("app.py", 2)),
    "too-deep": ({"app.py": "import dspy\nx = " + " + ".join(["a"] * 900) + "\n"}, ("app.py", 1)),
    "unknown-type": ({"app.py": qa(answer="Nowhere")}, ("app.py", 5)),
    "valset-is-trainset": (
        {
            "app.py": qa(
                more=DATA + "dspy.MIPROv2(metric=len).compile(\n    dspy.Predict(QA),\n"
                "    trainset=data,\n    valset=data,\n)\n"
            )
        },
        ("app.py", 10),
    ),
    "examples/ambiguous": ({"app.py": qa(), "a.jsonl": rows(), "b.jsonl": rows()}, ("app.py", 2)),
    "examples/binary": (
        {"app.py": qa(NAMED.format("jsonl")), "rows.jsonl": b"\x00\x01\n"},
        ("rows.jsonl", 1),
    ),
    "examples/broken": (
        {"app.py": qa(NAMED.format("yaml")), "rows.yaml": "question: [a\nanswer: b\n"},
        ("rows.yaml", 2),
    ),
    "examples/broken-row": ({"app.py": qa(), "rows.jsonl": rows('{"question": ')}, ("rows.jsonl", 13)),
    "examples/contradiction": (
        {"app.py": qa(), "rows.jsonl": rows('{"question": "3?", "answer": "no"}')},
        ("rows.jsonl", 13),
    ),
    "examples/duplicate": (
        {"app.py": qa(), "rows.jsonl": rows('{"question": "3?", "answer": "yes"}')},
        ("rows.jsonl", 13),
    ),
    "examples/duplicate-column": (
        {"app.py": qa(), "rows.csv": "question,answer,answer\n" + "a,b,c\n"},
        ("rows.csv", 1),
    ),
    "examples/elsewhere": ({"app.py": qa("examples=hf:somebody/rows")}, ("app.py", 2)),
    "examples/empty": ({"app.py": qa(NAMED.format("jsonl")), "rows.jsonl": "\n"}, ("rows.jsonl", 1)),
    "examples/encoding": (
        {"app.py": qa(NAMED.format("csv")), "rows.csv": "question,answer\nwer,Jürgen\n".encode("latin-1")},
        ("rows.csv", 2),
    ),
    "examples/extra-column": (
        {"app.py": qa(NAMED.format("jsonl")), "rows.jsonl": rows().replace("answer", "anwser")},
        ("rows.jsonl", 1),
    ),
    "examples/few": (
        {"app.py": qa(), "rows.jsonl": '{"question": "a", "answer": "b"}\n'},
        ("rows.jsonl", 1),
    ),
    "examples/missing": ({"app.py": qa("examples=nowhere.jsonl")}, ("app.py", 2)),
    "examples/missing-input": ({"app.py": qa(), "rows.jsonl": rows('{"answer": "b"}')}, ("rows.jsonl", 13)),
    "examples/more": ({"app.py": qa(), "rows.jsonl": rows(*["{" for _ in range(60)])}, ("rows.jsonl", 1)),
    "examples/no-records": (
        {"app.py": qa(NAMED.format("json")), "rows.json": '["a", "b"]'},
        ("rows.json", 1),
    ),
    "examples/outside": ({"app.py": qa("examples=../rows.jsonl")}, ("app.py", 2)),
    "examples/placeholder": (
        {"app.py": qa(), "rows.jsonl": rows('{"question": "question 1", "answer": "answer 1"}')},
        ("rows.jsonl", 13),
    ),
    "examples/unknown-column": (
        {"app.py": qa("examples=rows.jsonl map=anwser:answer"), "rows.jsonl": rows()},
        ("rows.jsonl", 1),
    ),
    "examples/unknown-inputs": (
        {
            "app.py": qa(
                more="# dspy-lens: examples=rows.jsonl\nclass Ask(dspy.Module):\n"
                "    def __init__(self):\n        self.ask = dspy.Predict(QA)\n        self.again = dspy.Predict(QA)\n"
                "    def forward(self, **given):\n        return self.again(**self.ask(**given))\n"
            ),
            "rows.jsonl": rows(),
        },
        ("app.py", 6),
    ),
    "examples/unknown-label": (
        {
            "app.py": "from typing import Literal\n" + qa(answer="Literal['yes', 'no']"),
            "rows.jsonl": rows('{"question": "a", "answer": "yess"}'),
        },
        ("rows.jsonl", 13),
    ),
    "examples/unlabelled": (
        {
            "app.py": qa("examples=rows.jsonl metric=exact:answer"),
            "rows.jsonl": rows('{"question": "a", "answer": null}'),
        },
        ("rows.jsonl", 1),
    ),
    "examples/unreadable": ({"app.py": qa("examples=rows.jsonl"), "rows.jsonl/x": ""}, ("app.py", 2)),
    "examples/unsupported": ({"app.py": qa("examples=rows.xlsx"), "rows.xlsx": "x"}, ("app.py", 2)),
    "examples/unreviewed": (
        {"app.py": qa(), "rows.jsonl": rows('{"question": "a", "answer": "b", "_reviewed": false}')},
        ("rows.jsonl", 13),
    ),
    "examples/unused-column": (
        {
            "app.py": qa(),
            "rows.jsonl": rows().replace("}", ', "source": "x"}'),
            "dspy-lens.toml": 'problems = { "examples/unused-column" = true }\n',
        },
        ("rows.jsonl", 1),
    ),
    "examples/wrong-type": (
        {"app.py": qa(answer="int"), "rows.jsonl": '{"question": "a", "answer": "b"}\n'},
        ("rows.jsonl", 1),
    ),
    "metric/missing": ({"app.py": qa("metric=app:nowhere")}, ("app.py", 2)),
    "metric/unknown": ({"app.py": qa("metric=exakt")}, ("app.py", 2)),
    "metric/unknown-field": ({"app.py": qa("metric=exact:label")}, ("app.py", 2)),
    "settings/bounded": (
        {"dspy-lens.toml": "cap = 5.0\n", "user.toml": "cap = 1.0\n"},
        ("dspy-lens.toml", 1),
    ),
    "settings/key": ({"dspy-lens.toml": "model = 'openai/gpt-4o-mini'\n"}, ("dspy-lens.toml", 1)),
    "settings/optimizer": ({"dspy-lens.toml": "optimizer = 'simbaa'\n"}, ("dspy-lens.toml", 1)),
    "settings/outside": ({"dspy-lens.toml": "seed = 1\nartifacts = '../out'\n"}, ("dspy-lens.toml", 2)),
    "settings/secret": (
        {"dspy-lens.toml": "[model]\nname = 'openai/x'\napi_key = 'sk-0123456789'\n"},
        ("dspy-lens.toml", 3),
    ),
    "settings/split": (
        {"app.py": qa(), "dspy-lens.toml": "[target.'app:QA'.split]\ntrain = 0.7\ntest = 0.7\n"},
        ("dspy-lens.toml", 1),
    ),
    "settings/syntax": ({"dspy-lens.toml": "seed = 1\nthreads = \n"}, ("dspy-lens.toml", 2)),
    "settings/twice": (
        {"dspy-lens.toml": "seed = 1\n", "pyproject.toml": "[tool.dspy-lens]\nseed = 2\n"},
        ("pyproject.toml", 1),
    ),
    "settings/unknown": ({"dspy-lens.toml": "thraeds = 3\n"}, ("dspy-lens.toml", 1)),
    "settings/unknown-problem": (
        {"dspy-lens.toml": "problems = { exmples = false }\n"},
        ("dspy-lens.toml", 1),
    ),
    "settings/unknown-target": (
        {"app.py": qa(), "dspy-lens.toml": "[target.'app:AQ']\nmodule = 'Predict'\n"},
        ("dspy-lens.toml", 1),
    ),
    "settings/unreadable": ({"dspy-lens.toml": b"seed = 1 # \xff\n"}, ("dspy-lens.toml", 1)),
    "settings/wrong": ({"dspy-lens.toml": "seed = 1\nthreads = 'many'\n"}, ("dspy-lens.toml", 2)),
}
TOLD_BY_OTHER_TESTS = {
    "artifact/stale": "tests/workspace/test_standings.py",  # an exported run
    "optimizer-package": "tests/lsp/test_problems.py",  # a Python without a package
    "examples/bytes-column": "tests/source_data/test_parquet.py",
    "examples/many": "tests/source_data/test_parquet.py",
    "examples/parquet": "tests/source_data/test_parquet.py",
    "examples/too-large": "tests/problems/test_every_code.py",
}


async def told(root: Path, files: Files) -> list[Problem]:
    """Everything that is told of a root with these files."""
    place = root / "repository"
    (place / ".git").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = (root if name == "user.toml" else place) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    index = Index(place, root / "user.toml")
    await index.scan()
    snapshot = index.snapshot
    found = [it for path in sorted(snapshot.project.files) for it in await snapshot.problems(path)]
    found += [it for target in await snapshot.all_targets() for it in target.all_problems]
    return list(snapshot.shown((*found, *snapshot.settings_problems, *snapshot.missing_keys({}))))


def test_there_is_a_case_of_every_code() -> None:
    assert CASES.keys() | TOLD_BY_OTHER_TESTS.keys() == CODES.keys()
    for code, path in TOLD_BY_OTHER_TESTS.items():
        text = (Path(__file__).parents[2] / path).read_text("utf-8")
        assert code in text or code.partition("/")[0] in text


@pytest.mark.parametrize("code", CASES)
async def test_a_problem_is_told_at_its_place_with_what_to_do(tmp_path: Path, code: str) -> None:
    files, place = CASES[code]
    found = [it for it in await told(tmp_path, files) if it.code == code]
    assert {(it.span.path, it.span.line) for it in found} == {place}
    for it in found:
        assert 2 <= len(sentences(it.message)) <= 3, it.message


async def test_a_file_that_is_too_large_is_told_where_it_is_named(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    with (root / "rows.jsonl").open("wb") as file:
        file.truncate(LARGEST + 1)  # sparse: it takes no room
    found = await told(tmp_path, {"app.py": qa("examples=rows.jsonl")})
    assert {(it.code, it.span.line) for it in found} == {("examples/too-large", 2)}


def sentences(message: str) -> list[str]:
    """The sentences of a message."""
    return re.split(r"(?<=[.?!])\s+(?=[A-Z`“])", message)
