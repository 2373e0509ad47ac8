"""Files news dispatches: a program of two steps, optimized as a whole by a metric of its own."""

from typing import Literal

import dspy


class FindPlace(dspy.Signature):
    """Name the place that a dispatch reports from."""

    dispatch: str = dspy.InputField()
    place: str = dspy.OutputField(desc="A town, as the dispatch writes it")


class AssignDesk(dspy.Signature):
    """Choose the desk of the newspaper that should handle a dispatch."""

    dispatch: str = dspy.InputField()
    place: str = dspy.InputField()
    desk: Literal["Politics", "Business", "Science", "Arts", "Sport"] = dspy.OutputField()


class Briefing(dspy.Module):
    """First where a dispatch comes from, then who should read it."""

    def __init__(self) -> None:
        super().__init__()
        self.find_place = dspy.Predict(FindPlace)
        self.assign_desk = dspy.ChainOfThought(AssignDesk)

    def forward(self, dispatch: str) -> dspy.Prediction:
        place = self.find_place(dispatch=dispatch).place
        desk = self.assign_desk(dispatch=dispatch, place=place).desk
        return dspy.Prediction(place=place, desk=desk)
