"""Examples that the user's own code gives: `pkg.mod:function`, without arguments, or a list that a module holds.

Reads one ExamplesOrder from standard input and writes one ExamplesReply to what standard output was. No call
of a model leaves this process: whoever agreed to it has seen no price.
"""

import dataclasses
import inspect
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from dspy_lens_worker.failure import Failed, Refused
from dspy_lens_worker.load import add_roots, find_attribute, import_user_module, user_code
from dspy_lens_worker.messages import ExamplesOrder, ExamplesReply
from dspy_lens_worker.plain import plain

SPENDS = "Its code calls a model, which costs money. Save what it gives in a file, and name that."
LARGEST = 64 * 1024 * 1024  # characters of the whole answer


def main() -> int:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    order = ExamplesOrder.model_validate_json(sys.stdin.read())
    with replies:
        replies.write(reply(order).model_dump_json())
        replies.flush()
        # Threads that the user's code left behind keep nobody waiting.
        os._exit(0)


def reply(order: ExamplesOrder) -> ExamplesReply:
    """What the code gives, or the one reason why not."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            refuse_calls(Path(folder))
            records = [record(it, order) for it in given(order)]
    except Failed as failed:
        return ExamplesReply(error=failed.reason)
    except Refused as refused:
        return ExamplesReply(error=refused.reason)
    if not records:
        return ExamplesReply(error=f"{order.name} gives no examples. Let it return some.")
    made = ExamplesReply(records=records)
    if len(made.model_dump_json()) > LARGEST:
        return ExamplesReply(
            error=f"{order.name} gives more than 64 MB. Let it return fewer or smaller examples."
        )
    return made


def refuse_calls(folder: Path) -> None:
    """Puts a guard around DSPy that lets nothing out; a user of another library is on their own."""
    from dspy_lens_worker.cache import EndpointCache
    from dspy_lens_worker.events import Writer
    from dspy_lens_worker.guard import Guard
    from dspy_lens_worker.health import Health
    from dspy_lens_worker.hooks import Hooks
    from dspy_lens_worker.ledger import Ledger
    from dspy_lens_worker.messages import CapsOrder
    from dspy_lens_worker.prices import Prices
    from dspy_lens_worker.redact import Redactor

    guard, redactor = Guard(CapsOrder(calls=0)), Redactor(os.environ)
    guard.latch("cap", SPENDS)
    ledger = Ledger(Writer(folder, "examples", redactor))
    Hooks(guard, ledger, Health(guard, 1), EndpointCache(folder), redactor, Prices()).install()


def given(order: ExamplesOrder) -> list[Any]:
    """The items of what the name stands for, called where it can be."""
    roots = [order.root, *order.import_roots]
    add_roots(order.import_roots)
    module = import_user_module(order.module, roots, "examples", str(Path(order.root, order.path)))
    found = find_attribute(module, order.qualname)
    if found is None:
        raise Failed("examples", f"There is no {order.qualname} in {order.module}. Correct its name.")
    with user_code(f"running {order.name}", roots, "examples"):
        value = found() if callable(found) else found
        if inspect.isawaitable(value):
            raise Failed("examples", f"{order.name} is asynchronous. Name a plain function.")
        return list(islice(items(value, order), order.most))


def items(value: Any, order: ExamplesOrder) -> Iterable[Any]:
    """The records of a list, of a generator, of a table of pandas, or of each split of a mapping."""
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return list(value.to_dict("records"))
    if isinstance(value, Mapping) and all(is_list(it) for it in value.values()):
        return [inner for it in value.values() for inner in it]
    if not is_list(value):
        raise Failed("examples", f"{order.name} gives {kind_of(value)}, not examples. Let it return a list.")
    return list(value) if isinstance(value, list | tuple) else value


def is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def record(item: Any, order: ExamplesOrder) -> dict[str, Any]:
    """One example by field."""
    if hasattr(item, "toDict"):
        item = item.toDict()
    elif hasattr(item, "model_dump"):
        item = item.model_dump(mode="json")
    elif dataclasses.is_dataclass(item) and not isinstance(item, type):
        item = dataclasses.asdict(item)
    if not isinstance(item, Mapping):
        raise Failed(
            "examples",
            f"{order.name} gives {kind_of(item)} where an example should be. Let it give dspy.Example or dicts.",
        )
    return {str(key): plain(it) for key, it in item.items()}


def kind_of(value: Any) -> str:
    return f"a value of type {type(value).__name__}"
