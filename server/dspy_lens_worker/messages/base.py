"""What every message is, and the words that orders and events share."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

LEAST_EXAMPLES = 10
"""With fewer examples overall nothing is held out: a score on two or three examples says nothing."""

Role = Literal["task", "prompt", "judge"]
Part = Literal["train", "validation", "test"]
State = Literal["succeeded", "stopped", "failed", "lost"]


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
