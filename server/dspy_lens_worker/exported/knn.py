"""A program that looks up its demos at every call, by `dspy.KNNFewShot` over the examples that are kept with it."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

DIMENSIONS = 2048


def assemble(
    program: Any, settings: Mapping[str, Any], metric: Callable[..., Any], function: Callable[..., Any] | None
) -> Any:
    """The program behind DSPy's KNNFewShot. `function` makes vectors where the settings name one."""
    import dspy

    examples = [
        dspy.Example(**it["inputs"], **it["labels"]).with_inputs(*it["inputs"]) for it in settings["examples"]
    ]
    optimizer = dspy.KNNFewShot(
        k=settings["k"],
        trainset=examples,
        vectorizer=embedder(settings["vectorizer"], function),
        metric=metric,
        **settings["bootstrap"],
    )
    return optimizer.compile(program)


def embedder(name: str, function: Callable[..., Any] | None) -> Any:
    """A function of one's own, the built-in one, or a hosted model by its name."""
    import dspy

    if function is not None:
        return dspy.Embedder(function, caching=False)
    if name == "words":
        return dspy.Embedder(vectors, caching=False)
    return dspy.Embedder(name)


def vectors(texts: Sequence[str]) -> Any:
    """A vector of length 1 for each text: which words it has, and which parts of words."""
    import numpy

    made = numpy.zeros((len(texts), DIMENSIONS), dtype=numpy.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.casefold()):
            made[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
            padded = f"<{word}>"
            for at in range(len(padded) - 2):
                made[row, zlib.crc32(padded[at : at + 3].encode()) % DIMENSIONS] += 0.3
    made = numpy.sqrt(made)  # the tenth time a word comes up says less than the first
    return made / numpy.maximum(numpy.linalg.norm(made, axis=1, keepdims=True), 1e-9)
