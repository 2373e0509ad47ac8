import dspy


class Extract(dspy.Signature):
    """Extract."""

    text: str = dspy.InputField()
    facts: list[str] = dspy.OutputField()


class Reader(dspy.Module):
    def __init__(self, k: int = 3, signature=Extract):
        super().__init__()
        self.k = k
        self.extract = dspy.ChainOfThought(signature)

    def forward(self, text: str) -> dspy.Prediction:
        return self.extract(text=text)
