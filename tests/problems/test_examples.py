"""What is told of examples taken together, and of programs saved of a signature."""

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import dspy
import pytest

from dspy_lens.values.definition import Problem
from dspy_lens.workspace.index import Index

QA = '''
    import dspy

    class QA(dspy.Signature):
        """Answer."""
        question: str = dspy.InputField()
        answer: str = dspy.OutputField()
    '''


async def problems(root: Path, files: dict[str, str], path: str = "") -> list[Problem]:
    """What is told of the files of a root, or of one of them."""
    (root / ".git").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(dedent(text), "utf-8")
    index = Index(root, root / "no-user-settings.toml")
    await index.scan()
    snapshot = index.snapshot
    return [it for name in ([path] if path else files) for it in await snapshot.problems(name)]


def lines(*records: Mapping[str, object]) -> str:
    return "".join(json.dumps(it) + "\n" for it in records)


def record(number: int, **more: object) -> dict[str, object]:
    return {"question": f"{number}?", "answer": "yes", **more}


MANY = [record(it) for it in range(12)]


async def test_doubles_and_contradictions_are_told_at_the_later_record(tmp_path: Path) -> None:
    text = lines(*MANY, record(1), record(2, answer="no"))
    found = await problems(tmp_path, {"qa.py": QA, "qa.jsonl": text}, "qa.jsonl")
    assert [(it.code, it.span.line) for it in found] == [
        ("examples/duplicate", 13),
        ("examples/contradiction", 14),
    ]
    assert "line 2," in found[0].message
    assert "Line 3 " in found[1].message


METRIC = """
    import dspy

    judge = dspy.Predict("answer -> ok: bool")

    def {name}({parameters}):
        return judge(answer=prediction.answer).ok
    """


@pytest.mark.parametrize(
    ("join", "more"),
    [
        ("# dspy-lens: metric=metrics:score\n    class", ""),
        ("class", "dspy.Evaluate(devset=load(), metric=score)(dspy.Predict(QA))\n"),
        ("class", None),
    ],
)
async def test_what_is_wrong_with_a_metric_is_told_in_its_own_file(
    tmp_path: Path, join: str, more: str | None
) -> None:
    source = QA.replace("class", join).replace("import dspy", "import dspy\n    from metrics import score")
    files = {
        "qa.py": source + f"    {more or ''}",
        "metrics.py": METRIC.format(name="score", parameters="prediction, example"),
        "dspy-lens.toml": "" if more is not None else "[target.'qa:QA']\nmetric = 'metrics:score'\n",
    }
    found = await problems(tmp_path, files, "metrics.py")
    assert {(it.code, it.span.line) for it in found} == {("metric-swapped", 6), ("metric-model-calls", 6)}
    assert len(found) == 2


async def test_a_metric_that_no_run_can_call_is_told(tmp_path: Path) -> None:
    files = {
        "qa.py": QA.replace("class", "# dspy-lens: metric=metrics:score\n    class"),
        "metrics.py": METRIC.format(name="score", parameters="prediction"),
    }
    told = await problems(tmp_path, files, "metrics.py")
    assert [it.code for it in told if it.code == "metric-arguments"] == ["metric-arguments"]


async def test_words_are_asked_of_a_metric_where_gepa_is_to_learn_from_it(tmp_path: Path) -> None:
    files = {
        "qa.py": QA.replace("class", "# dspy-lens: metric=metrics:score\n    class"),
        "metrics.py": "def score(example, prediction):\n    return 1.0\n",
        "dspy-lens.toml": "optimizer = 'gepa'\n",
    }
    assert [it.code for it in await problems(tmp_path, files, "metrics.py")] == ["metric-feedback"]
    assert await problems(tmp_path, {**files, "dspy-lens.toml": ""}, "metrics.py") == []


async def test_a_column_that_is_nearly_an_output_is_told(tmp_path: Path) -> None:
    text = lines(*({"question": f"{it}?", "anwser": "yes"} for it in range(12)))
    files = {"qa.py": QA.replace("class", "# dspy-lens: examples=qa.jsonl\n    class"), "qa.jsonl": text}
    (problem,) = await problems(tmp_path, files, "qa.jsonl")
    assert problem.code == "examples/extra-column"
    assert problem.message.endswith("map=anwser:answer")


async def test_literals_that_only_share_a_file_are_no_doubles_of_each_other(tmp_path: Path) -> None:
    apart = """
        def test_one():
            dspy.Example(question="1?", answer="yes").with_inputs("question")
        def test_two():
            dspy.Example(question="1?", answer="no").with_inputs("question")
    """
    found = await problems(tmp_path, {"qa.py": QA + dedent(apart).replace("\n", "\n    ")})
    assert [it.code for it in found if it.code.startswith("examples/")] == []


async def test_a_record_with_a_key_that_is_nearly_a_field_is_told(tmp_path: Path) -> None:
    odd = {"question": "13?", "anwser": "yes"}
    found = await problems(tmp_path, {"qa.py": QA, "qa.jsonl": lines(*MANY, odd)}, "qa.jsonl")
    assert [(it.code, it.span.line) for it in found if it.code == "examples/extra-column"] == [
        ("examples/extra-column", 13)
    ]


async def test_other_columns_are_nobodys_business(tmp_path: Path) -> None:
    text = lines(*(record(it, id=it, source="x") for it in range(12)))
    assert await problems(tmp_path, {"qa.py": QA, "qa.jsonl": text}, "qa.jsonl") == []


async def test_every_column_that_no_field_takes_is_told_where_that_is_asked_for(tmp_path: Path) -> None:
    text = lines(*(record(it, id=it, more={"a": 1}, source={"b": 1}) for it in range(12)))
    source = QA.replace("class", "# dspy-lens: examples=qa.jsonl map=more.a:question\n    class")
    files = {"qa.py": source, "qa.jsonl": text}
    for switches, told in (
        ("examples = true", []),
        ('"examples/unused-column" = true', ["No field takes `question`, `id`, `source`."]),
        (
            'examples = false, "examples/unused-column" = "warning"',
            ["No field takes `question`, `id`, `source`."],
        ),
    ):
        settings = {"dspy-lens.toml": f"problems = {{ {switches} }}\n"}
        found = await problems(tmp_path, {**files, **settings}, "qa.jsonl")
        unused = [it for it in found if it.code == "examples/unused-column"]
        assert [it.message.partition(" Map")[0] for it in unused] == told


async def test_too_few_examples_are_told(tmp_path: Path) -> None:
    found = await problems(tmp_path, {"qa.py": QA, "qa.jsonl": lines(*MANY[:9])}, "")
    assert {it.code for it in found} <= {"examples/few"}


def saved(program: dspy.Module, path: Path) -> None:
    path.write_text(json.dumps({**program.dump_state(), "metadata": {}}), "utf-8")


LOADING = """
    program = dspy.Predict(QA)
    program.load("qa.json")
    """


async def test_demos_that_name_an_input_otherwise_are_told(tmp_path: Path) -> None:
    asked = "query: str = dspy.InputField(desc='what is asked')"
    before = dspy.Signature("query -> answer").with_updated_fields("query", desc="what is asked")
    program = dspy.Predict(before)
    program.demos = [dspy.Example(query="Who?", answer="Ada", augmented=True)]
    saved(program, tmp_path / "qa.json")
    source = f"""
        import dspy
        class QA(dspy.Signature):
            \"\"\"Answer.\"\"\"
            {asked}
            answer: str = dspy.OutputField()
        """
    told = await problems(tmp_path, {"qa.py": dedent(source) + dedent(LOADING)})
    assert [it.code for it in told if it.code == "load-mismatch"] == []
    renamed = await problems(
        tmp_path, {"qa.py": dedent(source).replace("query:", "question:") + dedent(LOADING)}
    )
    (found,) = [it for it in renamed if it.code == "load-mismatch"]
    assert "its demos have no `question`, but `query`" in found.message


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        ("question, context -> answer", "it has 3 fields, the code 2"),
        ("answer -> question", "it has `answer` where the code has `question`"),
        ("question -> answer", None),
    ],
)
async def test_a_saved_program_that_no_longer_fits_is_told(
    tmp_path: Path, signature: str, why: str | None
) -> None:
    saved(dspy.Predict(signature), tmp_path / "qa.json")
    found = [it for it in await problems(tmp_path, {"qa.py": QA + LOADING}) if it.code == "load-mismatch"]
    assert [why in it.message for it in found if why] == [True] * (why is not None)
    assert len(found) == (why is not None)


async def test_a_program_of_a_chain_of_thought_and_one_of_a_module_fit_themselves(tmp_path: Path) -> None:
    chained = QA + '    program = dspy.ChainOfThought(QA)\n    program.load("qa.json")\n'
    saved(dspy.ChainOfThought("question -> answer"), tmp_path / "qa.json")
    assert [it.code for it in await problems(tmp_path, {"qa.py": chained})] == []
    module = (
        QA
        + """
    class P(dspy.Module):
        def __init__(self):
            self.first = dspy.ChainOfThought(QA)
        def forward(self, question):
            return self.first(question=question)
    P().load("p.json")
    """
    )

    class P(dspy.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            self.first = dspy.ChainOfThought("question -> answer")

    saved(P(), tmp_path / "p.json")
    assert [it.code for it in await problems(tmp_path, {"qa.py": module})] == []
    saved(dspy.Module(), tmp_path / "p.json")
    assert [it.code for it in await problems(tmp_path, {"qa.py": module})] == []


async def test_dspy_mixes_up_what_no_longer_fits_without_a_word(tmp_path: Path) -> None:
    before = dspy.Predict("question, context -> answer")
    before.save(tmp_path / "qa.json")
    after = dspy.Predict("context, question -> answer")
    after.load(tmp_path / "qa.json")
    assert after.signature.input_fields["context"].json_schema_extra["desc"] == "${question}"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("", ["signature-bare", "examples/few"]),
        ("problems = { signature-bare = false }", ["examples/few"]),
        ("problems = { examples = false, signature-bare = 'error' }", ["signature-bare"]),
        (
            "problems = { examples = false, 'examples/few' = 'hint', signature-bare = false }",
            ["examples/few"],
        ),
        (
            "problems = { signature-bair = false }",
            ["settings/unknown-problem", "signature-bare", "examples/few"],
        ),
    ],
)
async def test_settings_switch_problems_by_code_or_group(
    tmp_path: Path, settings: str, told: list[str]
) -> None:
    bare = QA.replace('"""Answer."""\n', "\n")
    files = {"dspy-lens.toml": settings + "\n", "qa.py": bare, "qa.jsonl": lines(*MANY[:3])}
    found = [*await problems(tmp_path, files)]
    index = Index(tmp_path, tmp_path / "none.toml")
    await index.scan()
    (target,) = await index.snapshot.targets("qa.py")
    few = [it for it in index.snapshot.shown(target.all_problems) if it not in found]
    assert [it.code for it in (*found, *few)] == told


async def test_literals_beside_a_call_that_takes_others_are_not_told_to_be_few(tmp_path: Path) -> None:
    literals = """
    data = [dspy.Example(question="1?", answer="yes"), dspy.Example(question="2?", answer="no")]
    """
    call = "    dspy.MIPROv2(metric=None).compile(dspy.Predict(QA), trainset={})\n"
    assert [it.code for it in await problems(tmp_path, {"qa.py": QA + literals})] == ["examples/few"]
    taken = QA + literals + "    from elsewhere import download\n" + call.format("download()")
    assert [it.code for it in await problems(tmp_path, {"qa.py": taken})] == []


LIST = """
    data = [
        dspy.Example(question="1?", answer="yes").with_inputs("question"),
        dspy.Example(question="2?", answer="no").with_inputs("question"),
    ]
    """
TAKEN = """
    def score(example, prediction, trace=None):
        return example.answer == prediction.answer
    dspy.Evaluate(devset=data, metric=score)(dspy.Predict(QA))
    """


@pytest.mark.parametrize(
    ("name", "more", "line"),
    [
        ("qa.py", LIST, 10),
        ("qa.py", LIST + TAKEN, 10),
        ("tests/qa.py", LIST + TAKEN, None),
        ("test_qa.py", LIST, None),
        ("qa.py", LIST.replace("data", "demos"), None),
        ("qa.py", LIST + "    qa = dspy.Predict(QA, demos=data)\n", None),
        ("qa.py", LIST + "    qa = dspy.Predict(QA)\n    qa.demos = data\n", None),
        ("qa.py", "    one = dspy.Example(question='1?', answer='yes')\n", None),
    ],
)
async def test_few_examples_are_told_at_lists_that_are_meant_as_data(
    tmp_path: Path, name: str, more: str, line: int | None
) -> None:
    (tmp_path / "tests").mkdir()
    found = await problems(tmp_path, {name: QA + more})
    assert [it.span.line for it in found if it.code == "examples/few"] == [line] * (line is not None)


async def test_few_literals_of_another_file_are_not_told_at_everything_that_they_would_fit(
    tmp_path: Path,
) -> None:
    files = {"qa.py": QA, "other.py": "    import dspy\n" + LIST}
    assert await problems(tmp_path, files) == []


async def test_names_that_are_counted_are_no_slips_of_the_pen(tmp_path: Path) -> None:
    text = lines(*({"question": f"{it}?", "answer1": "yes", "answer2": "no"} for it in range(12)))
    files = {"qa.py": QA.replace("class", "# dspy-lens: examples=qa.jsonl\n    class"), "qa.jsonl": text}
    assert [it.code for it in await problems(tmp_path, files) if it.code == "examples/extra-column"] == []


@pytest.mark.parametrize(("answers", "told"), [(["'a'", "'b'", "3"], []), (["1", "'b'", "3"], [11])])
async def test_literals_that_mostly_do_not_fit_were_written_for_something_else(
    tmp_path: Path, answers: list[str], told: list[int]
) -> None:
    data = "".join(f"        dspy.Example(question='?', answer={it}),\n" for it in answers)
    number = QA.replace("answer: str", "answer: int") + f"\n    data = [\n{data}    ]\n"
    await problems(tmp_path, {"qa.py": number})
    index = Index(tmp_path, tmp_path / "none.toml")
    await index.scan()
    (target,) = await index.snapshot.targets("qa.py")
    wrong = [it for it in target.all_problems if it.code == "examples/wrong-type"]
    assert [it.span.line for it in wrong] == told


async def test_a_list_of_words_beside_a_signature_is_no_broken_example_file(tmp_path: Path) -> None:
    files = {"qa.py": QA, "words.json": '["impact",\n "clarity"]\n'}
    assert await problems(tmp_path, files) == []
    named = QA.replace("class", "# dspy-lens: examples=words.json\n    class")
    told = await problems(tmp_path, {**files, "qa.py": named}, "words.json")
    assert [it.code for it in told] == ["examples/no-records"]
