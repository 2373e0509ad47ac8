"""Values of DSPy and of user code as plain JSON."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """The value as JSON can hold it; what it cannot becomes its text."""
    match value:
        case None | bool() | int() | str():
            return value.value if isinstance(value, Enum) else value
        case float():
            return value if math.isfinite(value) else str(value)
        case Enum():
            return plain(value.value)
        case Mapping():
            return {str(key): plain(it) for key, it in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(it) for it in value]
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(mode="json"))
    if hasattr(value, "toDict"):
        return plain(value.toDict())
    return str(value)


def fields_of(prediction: Any) -> dict[str, Any]:
    """The answer of a program by field; a program that returns something else answers under `answer`."""
    if hasattr(prediction, "toDict"):
        return {str(key): plain(it) for key, it in prediction.toDict().items()}
    if isinstance(prediction, Mapping):
        return {str(key): plain(it) for key, it in prediction.items()}
    return {"answer": plain(prediction)}
