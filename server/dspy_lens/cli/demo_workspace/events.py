"""Sorts descriptions of historic events into categories: one signature, the smallest thing to optimize."""

from typing import Literal

import dspy

Category = Literal[
    "Wars and Conflicts",
    "Politics and Governance",
    "Science and Innovation",
    "Cultural and Artistic Movements",
    "Exploration and Discovery",
    "Economic Events",
    "Social Movements",
    "Man-Made Disasters and Accidents",
    "Natural Disasters and Climate",
    "Sports and Entertainment",
    "Famous Personalities and Achievements",
]


class HistoricEvent(dspy.Signature):
    """Classify the description of a historic event."""

    event: str = dspy.InputField(desc="What happened, in a sentence or two")
    category: Category = dspy.OutputField()


classify = dspy.Predict(HistoricEvent)
