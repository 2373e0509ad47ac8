import dspy


class Root(dspy.Signature):
    """Root instructions."""

    context: list[str] = dspy.InputField(desc="what is known")


class Mixin(dspy.Signature):
    """Mixed in."""

    confidence: float = dspy.OutputField(desc="0 to 1")
