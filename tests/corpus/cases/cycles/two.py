import one


class Second(one.First):
    """Second."""

    c: int = one.dspy.OutputField()
