"""Renders prompts with DSPy's real adapter, and counts them.

What no example shows has to be assumed: a text that the model has to write freely takes FREE_TEXT tokens,
reasoning takes REASONING tokens.
"""

import json
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dspy_lens_worker.measure.tokens import Count, count_messages
from dspy_lens_worker.messages import PredictorMeasure

FREE_TEXT = 40
REASONING = 60
_WORD = " word"  # one token in every tokenizer
_DEMOS = 4


def measure_predictor(
    name: str,
    signatures: Sequence[type],
    samples: Sequence[Mapping[str, Any]],
    demos: Sequence[Mapping[str, Any]],
    count: Count,
) -> PredictorMeasure:
    """Mean tokens of one call of a predictor; of an agent's several signatures, their mean."""
    every = [_measure(name, it, samples, demos, count) for it in signatures]
    figures = [it for it in PredictorMeasure.model_fields if it != "name"]
    return PredictorMeasure(
        name=name, **{key: _mean(float(getattr(it, key)) for it in every) for key in figures}
    )


def mean_example(rows: Sequence[Mapping[str, Any]], count: Count) -> float:
    """Tokens of an example as DSPy lists it for a model that reads rules out of examples."""
    return _mean(count("\n".join(f"{key}: {_shown(value)}" for key, value in it.items())) for it in rows)


def rendered(signature: Any, samples: Sequence[Mapping[str, Any]], demos: Sequence[Any] = ()) -> list[Any]:
    """The messages of each sample's call, as DSPy sends them."""
    import dspy

    adapter = dspy.ChatAdapter()
    return [adapter.format(signature, list(demos), _inputs(signature, it)) for it in samples]


def _measure(
    name: str,
    signature: Any,
    samples: Sequence[Mapping[str, Any]],
    demos: Sequence[Mapping[str, Any]],
    count: Count,
) -> PredictorMeasure:
    samples = list(samples) or [{}]
    plain = _mean([count_messages(it, count) for it in rendered(signature, samples)])
    return PredictorMeasure(
        name=name,
        input=plain,
        demo=_added(signature, samples[0], [dict(it) for it in demos or samples], count),
        bootstrapped=_added(
            signature, samples[0], [_complete(signature, it) for it in demos or samples], count
        ),
        output=_mean([_reply(signature, it, count) for it in samples]),
        instructions=float(count(signature.instructions)),
        assumed_input=_mean(_unknown(signature, signature.input_fields, it, count) for it in samples),
        assumed_output=_mean(_unknown(signature, signature.output_fields, it, count) for it in samples),
    )


def _added(signature: Any, sample: Mapping[str, Any], demos: Sequence[dict[str, Any]], count: Count) -> float:
    """What one demo adds to a prompt, on average."""
    known = [{name: it[name] for name in signature.fields if name in it} for it in demos]
    without, with_demos = (count_messages(rendered(signature, [sample], it)[0], count) for it in ([], known))
    return (with_demos - without) / len(known) if known else 0.0


def _complete(signature: Any, sample: Mapping[str, Any]) -> dict[str, Any]:
    """The sample as a demo that the program made itself: every field has a value."""
    missing = {name: _assumed(signature, name) for name in signature.fields if name not in sample}
    return {**missing, **sample, "augmented": True}


def _inputs(signature: Any, sample: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sample.get(name, _assumed(signature, name)) for name in signature.input_fields}


def _reply(signature: Any, sample: Mapping[str, Any], count: Count) -> float:
    """Tokens of the expected answer with the markers that DSPy's format puts around it."""
    values = {name: sample.get(name, _assumed(signature, name)) for name in signature.output_fields}
    text = "\n\n".join(f"[[ ## {name} ## ]]\n{_shown(value)}" for name, value in values.items())
    return float(count(f"{text}\n\n[[ ## completed ## ]]"))


def _unknown(signature: Any, names: Iterable[str], sample: Mapping[str, Any], count: Count) -> float:
    """Tokens of the values that the sample does not show."""
    return float(sum(count(_shown(_assumed(signature, it))) for it in names if it not in sample))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _assumed(signature: Any, name: str) -> Any:
    """A value of the field's type that has the length we assume."""
    kind = signature.fields[name].annotation
    if typing.get_origin(kind) is typing.Literal:
        options = [str(it) for it in typing.get_args(kind)]
        return sorted(options, key=len)[len(options) // 2]
    if kind is bool:
        return True
    if kind in (int, float):
        return kind(42)
    length = REASONING if name in ("reasoning", "next_thought") else FREE_TEXT
    return _WORD.strip() + _WORD * (length - 1)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
