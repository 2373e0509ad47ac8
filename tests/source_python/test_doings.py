"""What the user's own code does with programs: compile, evaluate, save, load."""

from dspy_lens.source.python import Project
from dspy_lens.source.python.doings import Compiled, Doing, Evaluated, Loaded, Saved
from dspy_lens.source.python.given import Given, file_named
from support.source import project, read


def doings(text: str) -> tuple[Doing, ...]:
    return read(text).doings("app.py")


def said(found: Project, given: Given | None) -> str | None:
    """The text that an argument stands in."""
    if given is None:
        return None
    span = given.span
    line = found.files[span.path].lines[span.line - 1]
    return line[span.column : span.end_column]


def one(text: str) -> tuple[Project, Doing]:
    found = read(text)
    (only,) = found.doings("app.py")
    return found, only


def test_a_compile_call_is_read_with_its_optimizer_and_its_metric() -> None:
    found, it = one(
        """
        import dspy
        from dspy.teleprompt import MIPROv2

        optimizer = MIPROv2(metric=score, auto="light")
        best = optimizer.compile(program, trainset=train, valset=dev)
        """
    )
    assert isinstance(it, Compiled)
    assert (it.optimizer, it.span.line, it.holder) == ("MIPROv2", 6, "best")
    assert [said(found, part) for part in (it.student, it.trainset, it.valset, it.metric)] == [
        "program",
        "train",
        "dev",
        "score",
    ]


def test_an_optimizer_is_followed_through_attributes_and_made_in_place() -> None:
    found = read(
        """
        import dspy

        class Trainer:
            def __init__(self, metric):
                self.optimizer = dspy.BootstrapFewShot(metric)

            def train(self, program, data):
                return self.optimizer.compile(program, trainset=data)

        dspy.COPRO(None, exact).compile(student=program, trainset=train, eval_kwargs={})
        """
    )
    first, second = found.doings("app.py")
    assert isinstance(first, Compiled)
    assert isinstance(second, Compiled)
    assert (first.optimizer, said(found, first.metric)) == ("BootstrapFewShot", "metric")
    assert (second.optimizer, said(found, second.metric), said(found, second.student)) == (
        "COPRO",
        "exact",
        "program",
    )


def test_an_unseen_optimizer_shows_by_its_trainset_and_other_compilers_do_not() -> None:
    found, it = one(
        """
        import dspy
        import re

        def run(optimizer, program):
            re.compile("a -> b")
            model.compile(loss="mse")
            return optimizer.compile(program, trainset=[])
        """
    )
    assert isinstance(it, Compiled)
    assert (it.optimizer, it.metric, said(found, it.student)) == (None, None, "program")


def test_evaluations_are_read_where_they_are_called() -> None:
    found = read(
        """
        import dspy
        from dspy.evaluate import Evaluate

        evaluate = Evaluate(devset=dev, metric=exact, num_threads=4)
        evaluate(program)
        evaluate(other, metric=close)
        dspy.Evaluate(devset=test, metric=exact)(program)
        unused = dspy.Evaluate(devset=test, metric=exact)
        """
    )
    seen = [it for it in found.doings("app.py") if isinstance(it, Evaluated)]
    assert [[said(found, part) for part in (it.program, it.devset, it.metric)] for it in seen] == [
        ["program", "dev", "exact"],
        ["other", "dev", "close"],
        ["program", "test", "exact"],
        [None, "test", "exact"],
    ]


def test_programs_are_saved_and_loaded_and_other_things_are_not() -> None:
    found = read(
        """
        import dspy

        class RAG(dspy.Module):
            def __init__(self):
                self.answer = dspy.Predict("question -> answer")

        rag = RAG()
        best = dspy.MIPROv2(metric=m).compile(rag, trainset=t)
        best.save("optimized/rag.json")
        rag.deepcopy().load(path="optimized/rag.json")
        whole = dspy.load("whole/")
        whole.save("again.json")
        image.save("picture.png")
        torch.load("weights.pt")
        """
    )
    seen = [it for it in found.doings("app.py") if isinstance(it, Saved | Loaded)]
    assert [(type(it).__name__, it.span.line, said(found, it.path)) for it in seen] == [
        ("Saved", 10, '"optimized/rag.json"'),
        ("Loaded", 11, '"optimized/rag.json"'),
        ("Loaded", 12, '"whole/"'),
        ("Saved", 13, '"again.json"'),
    ]
    assert isinstance(seen[2], Loaded)
    assert seen[2].holder == "whole"


def test_paths_are_put_together() -> None:
    found = project(
        {
            "app/run.py": """
                import dspy
                import os
                from pathlib import Path

                HERE = Path(__file__).resolve().parent
                FOLDER = "optimized"
                qa = dspy.Predict("a -> b")
                qa.load(f"{FOLDER}/qa.json")
                qa.load(HERE / "saved" / "qa.json")
                qa.load(Path(__file__).parent.parent / "qa.json")
                qa.load(os.path.join(os.path.dirname(__file__), FOLDER, "qa.json"))
                qa.load(chosen())
                """
        }
    )
    paths = [it.path for it in found.doings("app/run.py") if isinstance(it, Loaded)]
    assert [file_named(found.names(), it) for it in paths if it] == [
        ("optimized/qa.json", False),
        ("saved/qa.json", True),
        ("../qa.json", True),
        ("optimized/qa.json", True),
        None,
    ]
