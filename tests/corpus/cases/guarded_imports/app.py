from __future__ import annotations

import sys
from typing import TYPE_CHECKING

try:
    import dspy
except ImportError:
    dspy = None

if TYPE_CHECKING:
    from decimal import Decimal
else:
    Decimal = float

try:
    import orjson_that_is_not_there as json
except ImportError:
    import json

if sys.version_info >= (3, 8):
    from typing import Literal
else:
    from typing_extensions import Literal

if dspy is not None:

    class Guarded(dspy.Signature):
        """Guarded."""

        kind: Literal["a", "b"] = dspy.InputField()
        out: str = dspy.OutputField()


try:

    class Tried(dspy.Signature):
        """Tried."""

        a: str = dspy.InputField()
        b: str = dspy.OutputField()

except Exception:
    pass
else:

    class AfterTry(Tried):
        c: str = dspy.OutputField()
