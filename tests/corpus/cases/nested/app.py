import dspy


class Outer:
    class Inner(dspy.Signature):
        """Inner."""

        a: str = dspy.InputField()
        b: str = dspy.OutputField()

        class Deeper(dspy.Signature):
            """Deeper."""

            c: str = dspy.InputField()
            d: str = dspy.OutputField()

    class Second(Inner):
        e: str = dspy.OutputField()


class Program(dspy.Module):
    class Step(dspy.Signature):
        """A step."""

        x: str = dspy.InputField()
        y: str = dspy.OutputField()

    def __init__(self):
        super().__init__()
        self.step = dspy.Predict(self.Step)
        self.named = dspy.Predict(Program.Step)

    def forward(self, x):
        return self.step(x=x)


def make_local():
    class Local(dspy.Signature):
        """Local."""

        a: str = dspy.InputField()
        b: str = dspy.OutputField()

    return Local


async def make_async():
    class InAsync(dspy.Signature):
        """In async."""

        a: str = dspy.InputField()
        b: str = dspy.OutputField()

    return InAsync


def make_deep():
    def inner():
        class Deepest(dspy.Signature):
            """Deepest."""

            a: str = dspy.InputField()
            b: str = dspy.OutputField()

        return Deepest

    return inner()


for _ in range(1):

    class InLoop(dspy.Signature):
        """In a loop."""

        a: str = dspy.InputField()
        b: str = dspy.OutputField()


with open(__file__):

    class InWith(dspy.Signature):
        """In with."""

        a: str = dspy.InputField()
        b: str = dspy.OutputField()
