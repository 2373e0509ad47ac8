import textwrap

import dspy

TOPIC = "history"
RULES = "Be brief." " Be kind."


class Joined(dspy.Signature):
    "One " "two."

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Raw(dspy.Signature):
    r"""Match \d+ and \n."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Formatted(dspy.Signature):
    f"""Not a docstring about {TOPIC}."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class ByName(dspy.Signature):
    __doc__ = f"About {TOPIC}. {RULES}"

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Sum(dspy.Signature):
    __doc__ = "First. " + RULES

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Several(dspy.Signature):
    """
    First line.

        Indented more.
    Last line.
    """

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Empty(dspy.Signature):
    """"""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Nothing(dspy.Signature):
    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Quotes(dspy.Signature):
    'Say "hi".\tThen go.\
 On.'

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


class Later(dspy.Signature):
    """Before."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


Later.__doc__ = "After."


class Instructed(dspy.Signature):
    """Before."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()


Instructed.instructions = "Set as an attribute."
Rewritten = Nothing.with_instructions("New instructions.")
Longer = Several.append_instructions("And more.")
Dedented = Nothing.with_instructions(
    textwrap.dedent(
        """
        Dedented.
          Twice.
        """
    )
)
Formed = Nothing.with_instructions("About {}.".format(TOPIC))
Joined2 = Nothing.with_instructions("\n".join(["One.", "Two."]))
Stripped = Nothing.with_instructions("""
    Stripped.
    """.strip())
Percent = Nothing.with_instructions("About %s." % TOPIC)
Repeated = Nothing.with_instructions("ab" * 2)
