"""How often a metric asks a model for one answer, read from its text alone."""

from textwrap import dedent

import pytest

from dspy_lens.source.python.model_calls import model_calls
from dspy_lens.values.definition import Piece
from dspy_lens.values.estimate import Range

ONCE = Range.exactly(1)


def calls(*texts: str) -> Range:
    pieces = [
        Piece("metrics.py", dedent(it).split("(")[0].split("=")[0].split()[-1], dedent(it)) for it in texts
    ]
    return model_calls(pieces)


JUDGE = 'judge = dspy.ChainOfThought("question, answer -> fair: bool")'


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        (Range.exactly(0), ("def score(gold, pred):\n    return gold.answer == pred.answer",)),
        (ONCE, ("def score(gold, pred):\n    return judge(question=gold.question).fair", JUDGE)),
        (ONCE, ('def score(gold, pred):\n    return dspy.Predict("a -> b")(a=pred.a).b',)),
        (ONCE, ("def score(gold, pred):\n    lm = dspy.LM('x')\n    return lm(pred.a)[0] == 'yes'",)),
        (ONCE, ("def score(gold, pred):\n    return 'yes' in dspy.settings.lm(pred.a)[0]",)),
        (ONCE, ("def score(gold, pred):\n    return f1(gold, pred)", "f1 = SemanticF1()")),
        (Range.exactly(2), ("def score(gold, pred):\n    return judge(a=1).b + judge(a=2).b", JUDGE)),
        (Range(0, 1, 1), ("def score(gold, pred):\n    return judge(a=1).b if pred.a else 0", JUDGE)),
        (Range(0, 2, 5), ("def score(gold, pred):\n    return sum(judge(a=it).b for it in pred.a)", JUDGE)),
        (
            ONCE,
            (
                "def score(gold, pred):\n    return fair(pred)",
                "def fair(pred):\n    return judge(a=1).b",
                JUDGE,
            ),
        ),
        (Range.exactly(0), ("def score(gold, pred):\n    return score(gold, pred)",)),
        (Range.exactly(0), ("def score(gold, pred:\n    return",)),
    ],
)
def test_the_text_of_a_metric_tells_its_calls(said: Range, texts: tuple[str, ...]) -> None:
    assert calls(*texts) == said
