"""What is loaded, and modules that cannot be."""

import hashlib
import subprocess
import sys

import pytest

from dspy_lens_worker.messages import CapsOrder, FieldOrder, Loaded, OrderExample
from support.orders import WORKER, Place, examples, loopback, run
from support.provider import KEY, Provider

ENVIRONMENT = {"OPENAI_API_KEY": KEY}
CLASS = """
import dspy

class QA(dspy.Signature):
    question: str = dspy.InputField()
    answer: str = dspy.OutputField()
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nowhere_to_be_found\n", "app.py:1: There is no module named nowhere_to_be_found."),
        ("x = 1\nclass QA(:\n", "app.py:2: SyntaxError"),
        ("x = 1\n\nraise RuntimeError('no database')\n", "app.py:3: RuntimeError: no database"),
        ("import sys\nsys.exit(0)\n", "app.py:2: sys.exit was called"),
        ("print('hello')\nname = input('name? ')\n", "app.py:2: Input was read"),
        ("import threading\nthreading.Event().wait()\n", "app.py:2: Importing took more than 1 seconds."),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('file')\np.parse_args()\n",
            "app.py:4: sys.exit",
        ),
        ("QA = 3\n", "QA is no dspy.Signature once app is imported."),
    ],
)
def test_a_module_that_cannot_be_loaded_is_one_sentence_with_its_line(
    place: Place, source: str, said: str
) -> None:
    place.write("app.py", source)
    order = place.order(place.named_target("class", "QA"), caps=CapsOrder(load_seconds=1))
    ran = run(place.folder(order, examples()))
    assert (ran.code, ran.finished.state, ran.finished.stage) == (0, "failed", "load")
    assert said in str(ran.finished.reason)


def test_a_file_that_changed_since_the_click_is_not_run(place: Place) -> None:
    asked = place.write("app.py", CLASS).read_bytes()
    place.write("app.py", CLASS + "\nraise SystemExit\n")
    digest = hashlib.sha256(asked).hexdigest()
    order = place.order(place.named_target("class", "QA"), files={"app.py": digest})
    end = run(place.folder(order, examples())).finished
    assert (end.stage, end.reason) == ("load", "app.py changed after the run was asked for. Run again.")


def test_a_class_is_wrapped_as_asked_and_prints_do_no_harm(place: Place, provider: Provider) -> None:
    place.write("app.py", CLASS + '\nprint(\'{"event": "finished"}\')\n')
    target = place.named_target("class", "QA", wrapper="ChainOfThought")
    order = place.order(target, model=loopback(provider.base), verb="evaluate")
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    assert ran.finished.state == "succeeded"
    assert ran.of(Loaded)[0].predictors == ["predict"]
    assert "reasoning" in ran.held_out[0].answer


CONFIGURED = """
dspy.configure(lm=dspy.LM("openai/other", api_base="http://127.0.0.1:9"))
dspy.configure_cache(enable_disk_cache=False)
"""


def test_the_orders_model_counts_whatever_the_module_configures(place: Place, provider: Provider) -> None:
    place.write("app.py", CLASS + CONFIGURED)
    order = place.order(place.named_target("class", "QA"), model=loopback(provider.base), verb="evaluate")
    assert run(place.folder(order, examples()), ENVIRONMENT).finished.requests == len(provider.log) == 10
    assert list(place.cache.glob("127.0.0.1-*"))


def test_a_string_finds_the_types_of_its_module(place: Place, provider: Provider) -> None:
    place.write("app.py", "from typing import Literal\nMood = Literal['unsure', 'yes']\n")
    target = place.string_target("question: str -> answer: Mood")
    order = place.order(target, model=loopback(provider.base), verb="evaluate")
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    assert ran.finished.state == "succeeded", ran.log
    assert "must exactly match" in provider.log[0].text
    assert "unsure" in provider.log[0].text


def test_a_string_of_plain_types_imports_nothing(place: Place, provider: Provider) -> None:
    place.write("app.py", "raise RuntimeError\n")
    target = place.string_target("question: str -> answer: list[str] | None", instructions="Say it.")
    order = place.order(target, model=loopback(provider.base), verb="evaluate")
    end = run(place.folder(order, examples()), ENVIRONMENT).finished
    assert end.baseline is not None, "an answer that cannot be read is a wrong one"
    assert end.baseline.score == 0.0
    assert "Say it." in provider.log[0].text


def test_a_class_inside_a_function_is_made_again_from_its_fields(place: Place, provider: Provider) -> None:
    target = place.named_target(
        "class",
        "build.<locals>.QA",
        inputs=[FieldOrder(name="question", desc="what is asked")],
        outputs=[FieldOrder(name="answer", type="Literal['yes', 'unsure']")],
        instructions="Answer briefly.",
    )
    order = place.order(target, model=loopback(provider.base), verb="evaluate")
    assert run(place.folder(order, examples()), ENVIRONMENT).finished.state == "succeeded"
    sent = provider.log[0].text
    assert "Answer briefly." in sent
    assert "what is asked" in sent


PROGRAM = """
    import dspy

    class Two(dspy.Module):
        def __init__(self, hops=1):
            super().__init__()
            self.find = dspy.Predict("question -> hint")
            self.answer = dspy.ChainOfThought("question, hint -> answer")

        def forward(self, question):
            return self.answer(question=question, hint=self.find(question=question).hint)

    made = Two()

    class Needy(dspy.Module):
        def __init__(self, retriever):
            super().__init__()
"""


@pytest.mark.parametrize("name", ["Two", "made"])
def test_a_program_with_several_predictors_is_optimized(place: Place, provider: Provider, name: str) -> None:
    place.write("app.py", PROGRAM)
    parameters = {"num_candidate_programs": 0}
    target = place.named_target("program", name)
    order = place.order(target, model=loopback(provider.base), parameters=parameters, threads=4)
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert end.state == "succeeded", ran.log
    assert set(end.instructions) == set(end.demos) == {"find", "answer.predict"}
    assert end.calls.task == end.requests + end.calls.cached
    assert end.best is not None
    assert end.best.score == 1.0


def test_a_program_that_needs_arguments_says_which(place: Place) -> None:
    place.write("app.py", PROGRAM)
    order = place.order(place.named_target("program", "Needy"))
    end = run(place.folder(order, examples())).finished
    assert (end.stage, str(end.reason)[:32]) == ("load", "Needy needs retriever to be made")


def test_an_optimizer_that_does_not_fit_fails_before_spending(place: Place, provider: Provider) -> None:
    for changes, said in (
        ({"optimizer": "nonsense"}, "There is no optimizer called 'nonsense'."),
        ({"parameters": {"max_bootstraped_demos": 3}}, "has no parameter 'max_bootstraped_demos'"),
    ):
        order = place.order(model=loopback(provider.base), **changes)
        end = run(place.folder(order, examples()), ENVIRONMENT).finished
        assert (end.state, end.stage) == ("failed", "optimizer")
        assert said in str(end.reason)
    assert provider.log == []


def test_only_labelled_outputs_are_compared(place: Place, provider: Provider) -> None:
    order = place.order(
        place.string_target("question -> answer, confidence"), model=loopback(provider.base), verb="evaluate"
    )
    assert run(place.folder(order, examples(label="unsure")), ENVIRONMENT).finished.baseline is not None


def test_a_dspy_that_is_too_old_is_said(place: Place) -> None:
    place.write("old/dspy-3.3.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: dspy\nVersion: 3.3.1\n")
    end = run(place.folder(place.order(), examples()), {"PYTHONPATH": str(place.root / "old")}).finished
    assert (end.state, end.stage) == ("failed", "dspy")
    assert str(end.reason).startswith("DSPy 3.3.1 is too old. Install dspy 3.4 in ")


def test_without_examples_there_is_nothing_to_do(place: Place) -> None:
    none: list[OrderExample] = []
    end = run(place.folder(place.order(), none)).finished
    assert (end.stage, end.reason) == ("examples", "There are no examples. Add some.")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os\nos._exit(0)\n", "importing app"),
        ("import os\nos.abort()\n", "Fatal Python error: Aborted"),
    ],
)
def test_a_module_that_takes_the_process_along_leaves_last_words(
    place: Place, source: str, said: str
) -> None:
    place.write("app.py", source)
    folder = place.folder(place.order(place.named_target("class", "QA")), examples())
    done = subprocess.run([sys.executable, WORKER, folder], capture_output=True, text=True, check=False)
    assert said in done.stderr
