import os

import dspy

LONG = False
STYLE = "short"
DETAIL = "detail" if LONG else "summary"
HINTS = {"short": "One word.", "long": "One page."}
PARTS = ["first", "second"]
COUNT = 3


class Chosen(dspy.Signature):
    """Chosen."""

    a: str = dspy.InputField(desc="yes" if not LONG else "no")
    b: str = dspy.OutputField(desc=DETAIL)
    c: str = dspy.OutputField(desc=HINTS[STYLE])
    d: str = dspy.OutputField(desc=", ".join(PARTS))
    e: str = dspy.OutputField(desc=f"{COUNT} of {PARTS[0]}")
    f: str = dspy.OutputField(desc=STYLE.upper() + "!")
    g: str = dspy.OutputField(desc="%s and %d" % (STYLE, COUNT))
    h: str = dspy.OutputField(desc="{} {x}".format(STYLE, x=COUNT))


TEXT = "One."
TEXT += " Two."


class Added(dspy.Signature):
    __doc__ = TEXT
    a: str = dspy.InputField()
    b: str = dspy.OutputField()


if STYLE == "long":
    NOTE = "long"
elif STYLE == "short":
    NOTE = "short"
else:
    NOTE = "none"


class Noted(dspy.Signature):
    __doc__ = "Notes: " + NOTE
    a: str = dspy.InputField()
    b: str = dspy.OutputField()
