import textwrap
from enum import Enum, IntEnum, StrEnum, auto
from typing import Literal, get_args

import dspy

import labels
from labels import COLOURS, Desk

Mood = Literal["glad", "sad"]
WEIGHTS = {"a": 1, "b": 2}
x = "a name that comprehensions hide"


class Tone(str, Enum):
    WARM = "warm"
    COLD = "cold"


class Level(IntEnum):
    LOW = 1
    HIGH = auto()


class Size(StrEnum):
    SMALL = auto()
    LARGE = "LARGE"


class Values(dspy.Signature):
    __doc__ = textwrap.dedent(f"""
        Choose one of {", ".join(it.value for it in Desk)}.

        Moods: {[it for it in get_args(Mood)]}
        """)

    values: str = dspy.InputField(desc=f"{[c.value for c in Desk]}")
    names: str = dspy.InputField(desc=", ".join(c.name for c in Tone))
    texts: str = dspy.InputField(desc=" | ".join(c for c in Tone))
    members: str = dspy.InputField(desc=" | ".join(labels.Desk.__members__))
    one: str = dspy.InputField(desc=f"{Desk.SPORT.value} or {Desk['CITY'].value}, {Desk.SPORT}")
    numbers: str = dspy.InputField(desc=", ".join(f"{it.name}={it.value}" for it in Level))
    sizes: str = dspy.InputField(desc=f"{Size.SMALL} {Size.LARGE}")
    numbered: str = dspy.InputField(desc="\n".join(f"{i}. {x}" for i, x in enumerate(COLOURS, 1)))
    some: str = dspy.InputField(desc=", ".join(x.upper() for x in COLOURS if x != "red"))
    pairs: str = dspy.InputField(desc="; ".join(f"{k} weighs {v:.1f}" for k, v in WEIGHTS.items()))
    mood: str = dspy.InputField(desc=" / ".join(Mood.__args__))
    many: str = dspy.InputField(desc=f"{len(COLOURS)} of {COLOURS!r}, {sorted(set(COLOURS))}")
    shorter: str = dspy.InputField(desc=", ".join("r" if it == "red" else it for it in COLOURS + ["blue"]))
    numerals: str = dspy.InputField(desc=", ".join(map(str, range(3))))
    colour: Literal[tuple(COLOURS)] = dspy.OutputField()
    desk: Literal[tuple(it.value for it in Desk)] = dspy.OutputField()
    either: Literal["none", *COLOURS] | None = dspy.OutputField()
