"""How a filed dispatch is judged."""

import dspy


def filed(example: dspy.Example, prediction: dspy.Prediction, trace: object = None) -> float:
    """Half a point for the right place and half for the right desk."""
    place = prediction.place.strip().casefold() == example.place.casefold()
    desk = prediction.desk == example.desk
    if trace is not None:  # DSPy collects demos: only a run that is right throughout should become one.
        return float(place and desk)
    return (place + desk) / 2
