"""Rule 3: examples and metrics out of the user's own calls, followed as far as is certain."""

from pathlib import Path
from textwrap import dedent

import pytest

from dspy_lens.values.target import Target
from support.joining import joined

QA = '''
import dspy


class QA(dspy.Signature):
    """Answer."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


class Answering(dspy.Module):
    def __init__(self):
        self.answer = dspy.ChainOfThought(QA)

    def forward(self, question):
        return self.answer(question=question)
'''
METRIC = "def score(example, prediction, trace=None):\n    return example.answer == prediction.answer\n"
HEAD = """import csv, json
from pathlib import Path
import dspy
from app.qa import QA, Answering
from app.metrics import score
"""
ROWS = '{"question": "a", "answer": "b"}\n{"question": "c", "answer": "d"}\n'
COLUMNS = '{"q": "a", "gold": {"text": "b"}}\n'


def linked(root: Path, train: str, name: str = "Answering", **files: str) -> Target:
    """The target beside `train.py` of this text."""
    more = {path.replace("__", "/").replace("_dot_", "."): text for path, text in files.items()}
    return joined(
        root,
        {
            "app/qa.py": QA,
            "app/metrics.py": METRIC,
            "train.py": HEAD + dedent(train),
            "rows.jsonl": ROWS,
            "columns.jsonl": COLUMNS,
            **more,
        },
        name,
    )


def found(target: Target) -> tuple[str, str, int] | None:
    it = target.examples
    return (it.source, it.rule, len(it.examples)) if it else None


def why(target: Target, what: str = "examples") -> str:
    return " | ".join(it.why for it in target.missed if it.what == what and it.rule == "calls")


LOOP = """
    data = []
    for row in rows:
        data.append(dspy.Example(question=row["question"], answer=row["answer"]).with_inputs("question"))
"""


@pytest.mark.parametrize(
    "reading",
    [
        'with open("rows.jsonl") as f:\n        rows = [json.loads(line) for line in f]',
        'rows = [json.loads(line) for line in open("rows.jsonl")]',
        'rows = [json.loads(it.strip()) for it in Path("rows.jsonl").read_text().splitlines()]',
        'rows = [json.loads(it) for it in (Path(__file__).parent / "rows.jsonl").open()]',
        'PLACE = Path("rows.jsonl")\n    rows = list(map_of(PLACE))',
    ],
)
def test_a_file_that_the_code_reads_gives_the_examples(tmp_path: Path, reading: str) -> None:
    train = f"""
    def map_of(path):
        return [json.loads(line) for line in open(path)]

    {reading}
    trainset = [dspy.Example(**row).with_inputs("question") for row in rows]
    dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset=trainset)
    """
    target = linked(tmp_path, train)
    assert found(target) == ("rows.jsonl", "calls", 2), why(target)
    assert target.metric is not None
    assert (target.metric.name, target.metric.rule) == ("app.metrics:score", "calls")
    assert target.missed == ()


def test_a_loop_that_fills_a_list_gives_the_examples(tmp_path: Path) -> None:
    train = f"""
    rows = [json.loads(line) for line in open("rows.jsonl")]
    {LOOP}
    dspy.MIPROv2(metric=score).compile(Answering(), trainset=data[:10], valset=data[10:])
    """
    assert found(linked(tmp_path, train)) == ("rows.jsonl", "calls", 2)


def test_fields_are_read_from_the_columns_that_the_code_takes(tmp_path: Path) -> None:
    train = """
    rows = [json.loads(line) for line in open("columns.jsonl")]
    data = [dspy.Example(question=r["q"], answer=r["gold"]["text"]).with_inputs("question") for r in rows]
    dspy.Evaluate(devset=data, metric=score)(Answering())
    """
    target = linked(tmp_path, train)
    assert target.examples
    (example,) = target.examples.examples
    assert (example.inputs, example.labels) == ({"question": "a"}, {"answer": "b"})


def test_it_works_inside_a_main_function_and_through_its_helpers(tmp_path: Path) -> None:
    train = """
    def load(path):
        with open(path) as f:
            rows = [json.loads(line) for line in f]
        return [dspy.Example(**row).with_inputs("question") for row in rows]

    def optimize(program, trainset, metric):
        optimizer = dspy.BootstrapFewShot(metric=metric)
        return optimizer.compile(program, trainset=trainset)

    def main():
        program = Answering()
        examples = load("rows.jsonl")
        optimize(program, examples[:1], metric=score)

    if __name__ == "__main__":
        main()
    """
    target = linked(tmp_path, train)
    assert found(target) == ("rows.jsonl", "calls", 2), why(target)
    assert target.metric
    assert target.metric.name == "app.metrics:score"


def test_parameters_are_followed_over_files(tmp_path: Path) -> None:
    training = HEAD + dedent("""
    def optimize(program, trainset):
        return dspy.BootstrapFewShot(metric=score).compile(program, trainset=trainset)
    """)
    train = """
    from app.training import optimize
    from app.data import TRAIN
    optimize(program=Answering(), trainset=TRAIN)
    """
    data = 'import dspy\nTRAIN = [dspy.Example(question="a", answer="b").with_inputs("question")]\n'
    target = linked(tmp_path, train, app__training_dot_py=training, app__data_dot_py=data)
    assert found(target) == ("app/data.py", "calls", 1), why(target)


def test_attributes_of_a_trainer_are_followed(tmp_path: Path) -> None:
    train = """
    class Trainer:
        def __init__(self):
            self.program = Answering()
            self.data = [dspy.Example(**row) for row in csv.DictReader(open("rows.csv"))]
            self.optimizer = dspy.COPRO(metric=score)

        def run(self):
            return self.optimizer.compile(self.program, trainset=self.data)
    """
    target = linked(tmp_path, train, rows_dot_csv="question,answer\na,b\n")
    assert found(target) == ("rows.csv", "calls", 1), why(target)


def test_a_signature_takes_what_its_predictor_or_its_only_program_is_given(tmp_path: Path) -> None:
    reading = """
    rows = [json.loads(line) for line in open("rows.jsonl")]
    data = [dspy.Example(**row) for row in rows]
    """
    alone = linked(
        tmp_path, reading + "\n    dspy.Evaluate(devset=data, metric=score)(dspy.Predict(QA))\n", "QA"
    )
    assert found(alone) == ("rows.jsonl", "calls", 2), why(alone)
    inside = linked(tmp_path, reading + "\n    dspy.Evaluate(devset=data, metric=score)(Answering())\n", "QA")
    assert found(inside) == ("rows.jsonl", "calls", 2), why(inside)


def test_compiled_programs_and_copies_are_the_same_program(tmp_path: Path) -> None:
    train = """
    data = [dspy.Example(**row) for row in [json.loads(line) for line in open("rows.jsonl")]]
    program = Answering()
    best = dspy.BootstrapFewShot(metric=score).compile(program.deepcopy(), trainset=[])
    evaluate = dspy.Evaluate(devset=data, metric=score)
    evaluate(best)
    """
    assert found(linked(tmp_path, train)) == ("rows.jsonl", "calls", 2)


def test_several_calls_give_their_files_together(tmp_path: Path) -> None:
    train = """
    def load(path):
        return [dspy.Example(**json.loads(line)) for line in open(path)]
    dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset=load("rows.jsonl"))
    dspy.Evaluate(devset=load("more.jsonl"), metric=score)(Answering())
    """
    target = linked(tmp_path, train, more_dot_jsonl=ROWS.replace('"a"', '"x"'))
    assert found(target) == ("rows.jsonl, more.jsonl", "calls", 4), why(target)


LITERALS = """
    data = [dspy.Example(question="a", answer="b").with_inputs("question")]
    {more}
    dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset=data)
    dev = [dspy.Example(question="z", answer="b").with_inputs("question")]
    dspy.Evaluate(devset=dev, metric=score)(Answering())
    """


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("", 2),
        ('data.append(dspy.Example(question="c", answer="d").with_inputs("question"))', 3),
        ('data.extend([dspy.Example(question=it, answer=it).with_inputs("question") for it in "xy"])', None),
        ('for it in "xy":\n        data.append(dspy.Example(question="c", answer="d"))', None),
        (
            'data.extend([\n        dspy.Example(question="c", answer="d").with_inputs("question"),\n'
            '        dspy.Example(question="e", answer="d").with_inputs("question"),\n    ])',
            4,
        ),
    ],
)
def test_lists_that_are_written_out_are_taken_with_what_is_added_to_them(
    tmp_path: Path, more: str, count: int | None
) -> None:
    target = linked(tmp_path, LITERALS.format(more=more))
    assert found(target) == ("train.py", "calls", count or 1), why(target)
    assert bool(why(target)) == (count is None)


def test_a_dataset_of_the_hub_is_wanted_and_not_downloaded(tmp_path: Path) -> None:
    train = """
    from datasets import load_dataset
    rows = load_dataset("me/qa", "main", split="train[:100]")
    data = [dspy.Example(question=it["q"], answer=it["a"]).with_inputs("question") for it in rows]
    dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset=data)
    """
    target = linked(tmp_path, train)
    assert target.examples is None
    assert [it.source for it in target.wanted] == ["hf:me/qa?config=main&split=train"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("build()", "comes from `fetch`, which only running shows"),
        ("DATA", "comes from `fetch`, which only running shows"),
    ],
)
def test_what_only_running_gives_is_wanted_by_its_name(tmp_path: Path, data: str, says: str) -> None:
    train = f"""
    from app.data import DATA, build
    dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset={data})
    """
    source = "import dspy\nfrom elsewhere import fetch\nDATA = fetch(3)\ndef build():\n    return fetch(2)\n"
    target = linked(tmp_path, train, app__data_dot_py=source)
    assert [it.source for it in target.wanted] == [f"app.data:{data.removesuffix('()')}"]
    assert says in why(target)


def test_what_a_script_alone_binds_is_not_wanted_by_a_name_that_no_import_gives(tmp_path: Path) -> None:
    train = """
    from elsewhere import fetch
    if __name__ == "__main__":
        rows = fetch()
        dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset=rows)
    """
    target = linked(tmp_path, train)
    assert target.wanted == ()
    assert "only running shows" in why(target)


@pytest.mark.parametrize(
    ("train", "says"),
    [
        ("data = [dspy.Example(question=r['q'].lower(), answer=r['gold']) for r in rows]", "changes values"),
        ("data = [dspy.Example(**r) for r in rows if r['q']]", "comes from what only running shows"),
        ("data = sys.argv", "only running shows"),
        ("data = [dspy.Example(answer=r['q']) for r in rows]", "lacks an input"),
    ],
)
def test_what_is_not_certain_is_not_taken_and_says_why(tmp_path: Path, train: str, says: str) -> None:
    text = f"""
    import sys
    rows = [json.loads(line) for line in open("columns.jsonl")]
    {train}
    dspy.Evaluate(devset=data, metric=score)(Answering())
    """
    target = linked(tmp_path, text)
    assert target.examples is None
    assert says in why(target)
    assert "`devset` of Evaluate at train.py:" in why(target)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    train = """
    data = [dspy.Example(**json.loads(line)) for line in open("gone.jsonl")]
    dspy.Evaluate(devset=data, metric=score)(Answering())
    """
    assert "reads gone.jsonl, which is not there" in why(linked(tmp_path, train))


def test_a_function_that_is_called_in_two_ways_is_not_certain(tmp_path: Path) -> None:
    train = """
    def run(program, data):
        dspy.Evaluate(devset=data, metric=score)(program)

    run(Answering(), [dspy.Example(question="1", answer="x")])
    run(Answering(), [dspy.Example(question="2", answer="y")])
    """
    target = linked(tmp_path, train)
    assert target.examples is None or target.examples.rule != "calls"


def test_several_metrics_are_told_and_none_is_taken(tmp_path: Path) -> None:
    train = """
    def other(example, prediction, trace=None):
        return 1.0
    data = [dspy.Example(question="1", answer="x")]
    dspy.BootstrapFewShot(metric=score).compile(Answering(), trainset=data)
    dspy.Evaluate(devset=data, metric=other)(Answering())
    """
    target = linked(tmp_path, train)
    assert target.metric is None
    assert why(target, "metric") == "calls take several metrics: app.metrics:score, train:other"


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("lambda e, p, t=None: True", "made by code that only running shows"),
        ("dspy.evaluate.answer_exact_match", "is no function of this workspace"),
    ],
)
def test_a_metric_without_a_name_of_its_own_says_why(tmp_path: Path, metric: str, says: str) -> None:
    train = f"""
    data = [dspy.Example(question="1", answer="x")]
    dspy.Evaluate(devset=data, metric={metric})(Answering())
    """
    target = linked(tmp_path, train)
    assert target.examples
    assert target.metric is None
    assert says in why(target, "metric")


def test_comment_and_settings_come_before_calls_and_calls_before_what_is_near(tmp_path: Path) -> None:
    train = """
    data = [dspy.Example(**json.loads(line)) for line in open("rows.jsonl")]
    dspy.Evaluate(devset=data, metric=score)(Answering())
    """
    near = linked(tmp_path, train, app__data__near_dot_jsonl=ROWS)
    assert found(near) == ("rows.jsonl", "calls", 2)
    settings = """
    [target."app.qa:Answering"]
    examples = "columns.jsonl"
    map = { question = "q", answer = "gold.text" }
    metric = "exact"
    """
    (tmp_path / "dspy-lens.toml").write_text(dedent(settings))
    told = linked(tmp_path, train)
    assert found(told) == ("columns.jsonl", "settings", 1)
    assert told.metric
    assert (told.metric.name, told.metric.rule) == ("exact", "settings")
    assert told.missed == ()


def test_without_any_call_that_is_what_is_told(tmp_path: Path) -> None:
    target = linked(tmp_path, "x = 1\n", app__data__near_dot_jsonl=ROWS)
    assert found(target) == ("app/data/near.jsonl", "file", 2)
    assert [(it.what, it.rule) for it in target.missed] == [
        ("examples", "calls"),
        ("examples", "examples"),
        ("metric", "calls"),
    ]
