import dspy

try:
    from gone.signatures import Base
except ImportError:
    Base = dspy.Signature


class First(Base):
    """First."""

    a: str = dspy.InputField(desc="what is asked")
    b: str = dspy.OutputField()


from two import Second  # noqa: E402


class Third(Second):
    d: str = dspy.OutputField(desc="from the third")
