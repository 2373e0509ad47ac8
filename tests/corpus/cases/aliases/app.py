import dspy as d
from dspy import InputField as In, OutputField as Out, Predict as P
from dspy import Signature as S
from dspy.signatures import InputField, OutputField, Signature
from dspy.signatures.signature import Signature as Deep
import dspy.signatures as sigs
import dspy.predict.chain_of_thought as cot


class One(S):
    """One."""

    a: str = In(desc="first")
    b: str = Out()


class Two(Signature):
    """Two."""

    a = InputField()
    b = OutputField(desc="second")


class Three(d.Signature):
    """Three."""

    a: int = d.InputField()
    b: float = d.OutputField()


class Four(Deep):
    """Four."""

    a: str = In()
    b: str = Out()


class Five(sigs.Signature):
    """Five."""

    a: str = sigs.InputField()
    b: str = sigs.OutputField()


predict = P("a -> b")
think = cot.ChainOfThought("question -> answer: bool")
Base = d.Signature
Field = d.InputField


class Six(Base):
    """Six."""

    a: str = Field(desc="by alias")
    b: str = d.OutputField()
