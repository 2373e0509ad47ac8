try:
    import dspy
except Exception:
    dspy = None


class Optional((dspy.Signature if dspy is not None else object)):
    """Made only where DSPy is installed."""

    a: str = dspy.InputField(desc="in") if dspy is not None else None
    b: str = dspy.OutputField() if dspy else ""


class Program(dspy.Module if dspy else object):
    def __init__(self):
        if dspy is not None:
            super().__init__()
            self.p = dspy.Predict(Optional)

    def forward(self, a: str):
        return self.p(a=a)
