"""What daemon and worker say to each other: the order that goes in, the events that come out.

Both ends import these files, so they need the standard library and pydantic only. A run folder holds
`order.json` (an Order), `examples.jsonl` (one OrderExample a line), `events.jsonl` (one event a line,
appended), `heldout.jsonl` (one HeldOut a line), `prompts.jsonl` (one Prompt a line), `baseline.json` (the
unoptimized state), `candidate.json` (the best state so far), `program.json` (the final state, as DSPy's
`program.load` reads it), `program.py` (what makes the program again where its state alone does not),
`worker.log` and `lock`.
"""

from pathlib import Path

from dspy_lens_worker.messages.base import LEAST_EXAMPLES, Message, Part, Role, State
from dspy_lens_worker.messages.event import (
    EVENT,
    AnyEvent,
    Baseline,
    CallCounts,
    Candidate,
    Charge,
    Event,
    Finished,
    HeldOut,
    Loaded,
    Log,
    Prompt,
    PromptSize,
    Queued,
    ScoreMessage,
    Started,
    TokenCounts,
    Trial,
    Usage,
    Validation,
)
from dspy_lens_worker.messages.measure import MeasureReply, MeasureRequest, PredictorMeasure, PriceMessage
from dspy_lens_worker.messages.order import (
    CapsOrder,
    ExamplesOrder,
    ExamplesReply,
    FieldOrder,
    ModelOrder,
    Order,
    OrderExample,
    PriceOrder,
    TargetOrder,
)

WORKER = Path(__file__).parents[1] / "__main__.py"
"""What an interpreter is given to start a worker."""

ORDER = "order.json"
EXAMPLES = "examples.jsonl"
EVENTS = "events.jsonl"
HELD_OUT = "heldout.jsonl"
PROMPTS = "prompts.jsonl"
BASELINE = "baseline.json"
CANDIDATE = "candidate.json"
PROGRAM = "program.json"
MODULE = "program.py"
MODULE_MARK = "Made by DSPy Lens"  # in its first line: it may be written over
LOG = "worker.log"
LOCK = "lock"

__all__ = [
    "BASELINE",
    "CANDIDATE",
    "EVENT",
    "EVENTS",
    "EXAMPLES",
    "HELD_OUT",
    "LEAST_EXAMPLES",
    "LOCK",
    "LOG",
    "MODULE",
    "MODULE_MARK",
    "ORDER",
    "PROGRAM",
    "PROMPTS",
    "WORKER",
    "AnyEvent",
    "Baseline",
    "CallCounts",
    "Candidate",
    "CapsOrder",
    "Charge",
    "Event",
    "ExamplesOrder",
    "ExamplesReply",
    "FieldOrder",
    "Finished",
    "HeldOut",
    "Loaded",
    "Log",
    "MeasureReply",
    "MeasureRequest",
    "Message",
    "ModelOrder",
    "Order",
    "OrderExample",
    "Part",
    "PredictorMeasure",
    "PriceMessage",
    "PriceOrder",
    "Prompt",
    "PromptSize",
    "Queued",
    "Role",
    "ScoreMessage",
    "Started",
    "State",
    "TargetOrder",
    "TokenCounts",
    "Trial",
    "Usage",
    "Validation",
]
