import dspy
from pydantic import Field

import consts
from consts import SHARED

DESC = "a constant"
PARTS = {"x": "from a dict"}


class D:
    TEXT = "a class constant"


class Described(dspy.Signature):
    """Described."""

    a: str = dspy.InputField(desc="plain")
    b: str = dspy.InputField(desc=DESC)
    c: str = dspy.InputField(desc="joined " "twice")
    d: str = dspy.InputField(desc="added " + DESC)
    e: str = dspy.InputField(desc=f"formatted {DESC}!")
    f: str = dspy.InputField(desc=SHARED)
    g: str = dspy.InputField(desc=consts.SHARED)
    h: str = dspy.InputField(desc=D.TEXT)
    i: str = dspy.InputField(description="described")
    j: str = dspy.InputField(prefix="J:", desc="with prefix")
    k: str = dspy.InputField(desc="""several
    lines""")
    l: str = dspy.InputField(desc="")
    m: str = dspy.InputField(ge=1, desc="constraints")
    n: int = dspy.InputField(default=3)
    o: str = dspy.OutputField(desc=("in " "brackets"))
    p: str = dspy.OutputField(format=str)
    q: str = dspy.OutputField(desc=PARTS["x"])
    r: str = dspy.OutputField(**{"desc": "spread"})
