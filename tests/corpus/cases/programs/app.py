import dspy

import parts
from parts import Extract, Reader


class Judge(dspy.Signature):
    """Judge."""

    facts: list[str] = dspy.InputField()
    verdict: bool = dspy.OutputField()


class Pipeline(dspy.Module):
    def __init__(self, strict=True):
        super().__init__()
        self.reader = Reader(k=5)
        self.other = parts.Reader(signature=Judge)
        if strict:
            self.judge = dspy.ChainOfThought(Judge)
        else:
            self.judge = dspy.Predict(Judge)
        self.tools = dspy.ReAct("question -> answer", tools=[])
        self.chain = [dspy.Predict(Extract), Reader()]
        self.table = {"a": dspy.Predict(Judge), "b": Reader()}
        self.pair = (dspy.Predict("x -> y"), dspy.Predict("y -> z"))
        self.compare = dspy.MultiChainComparison(Judge, M=2)
        self.code = dspy.ProgramOfThought("question -> answer: int")

    def forward(self, text: str, *, limit: int = 3):
        return self.judge(facts=self.reader(text=text).facts)


class Sharing(dspy.Module):
    def __init__(self):
        super().__init__()
        one = dspy.Predict("a -> b")
        self.first = one
        self.second = one
        self.third = dspy.Predict("a -> b")

    def forward(self, a):
        return self.first(a=a)


class Below(Pipeline):
    pass


class Wrapping(dspy.ReAct):
    def __init__(self):
        super().__init__("question -> answer", tools=[])


class Given(dspy.Module):
    def __init__(self, predictor=None):
        super().__init__()
        self.predictor = predictor or dspy.Predict("q -> a")
        self.chosen = dspy.Predict("yes -> no") if predictor is None else predictor

    def forward(self, q):
        return self.predictor(q=q)


class Typed(dspy.Module):
    judge: dspy.Predict

    def __init__(self) -> None:
        super().__init__()
        self.judge: dspy.Predict = dspy.Predict(Judge.with_instructions("Be strict."))
        self.shorter = dspy.Predict(Judge.append("why", dspy.OutputField()))

    def forward(self, facts: list[str], note: "str | None" = None):
        return self.judge(facts=facts)
