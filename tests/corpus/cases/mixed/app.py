import dspy
from typing import ClassVar

LIMIT: int = 3


class Mixed(dspy.Signature):
    """Fields among other things."""

    kind: ClassVar[str] = "mixed"
    a: str = dspy.InputField()
    b: str = dspy.OutputField()

    def helper(self):
        return self.a

    @staticmethod
    def other():
        return dspy.Predict("in_method -> out")

    @property
    def both(self):
        return 1


class Interleaved(dspy.Signature):
    """Outputs before inputs."""

    z: str = dspy.OutputField()
    y: str = dspy.InputField()
    x = dspy.OutputField()
    w = dspy.InputField()


ONE = dspy.InputField(desc="shared")


class Shared(dspy.Signature):
    """Shared field objects."""

    a: str = ONE
    b: str = dspy.OutputField()


class Decorated(dspy.Signature):  # comment
    # leading comment
    """Decorated."""
    a: str = dspy.InputField()  # why
    b: str = dspy.OutputField(
        # inside
        desc="x",
    )


class Semi(dspy.Signature): a: str = dspy.InputField(); b: str = dspy.OutputField()


class Redefined(dspy.Signature):
    """Before."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Redefined(dspy.Signature):
    """After."""

    c: str = dspy.InputField()
    d: str = dspy.OutputField()
