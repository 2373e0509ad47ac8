"""A small task for every optimizer, with a server whose model is right about half of it until it is optimized."""

import hashlib
import json
import re
from typing import Any

from support.tuning import TOPICS, topic_of

APP = '''
    from typing import Literal

    import dspy


    class Colour(dspy.Signature):
        """Name the colour."""

        question: str = dspy.InputField()
        answer: Literal["blue", "green", "red", "gold", "white", "unsure"] = dspy.OutputField()
    '''

SMALL: dict[str, dict[str, Any]] = {
    "labeled": {"k": 2},
    "bootstrap": {"max_labeled_demos": 0},
    "bootstrap_rs": {"num_candidate_programs": 2},
    "bootstrap_optuna": {"num_candidate_programs": 2},
    "miprov2": {"auto": None, "num_candidates": 2, "num_trials": 2, "minibatch": False},
    "copro": {"breadth": 2, "depth": 1},
    "gepa": {"max_metric_calls": 60},
    "simba": {"bsize": 6, "max_steps": 1, "num_candidates": 2},
    "infer_rules": {"num_candidates": 1},
    "knn": {"k": 2},
    "ensemble": {"parameters": {"num_candidate_programs": 2}},
    "finetune": {},
    "better_together": {"strategy": "p -> w", "p_parameters": {"num_candidate_programs": 1}},
    "bootstrap,copro": {"breadth": 2, "depth": 1},
}
"""Parameters with which each optimizer is soon through."""


def rows(count: int) -> str:
    """Lines of an example file: every fifth about the same topic."""
    words = list(TOPICS)
    found = (
        {"question": f"which colour has the {words[it % 5]} of number {it}", "answer": TOPICS[words[it % 5]]}
        for it in range(count)
    )
    return "".join(json.dumps(it) + "\n" for it in found)


def half_right(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """Right about even numbers, and about colours that a demo shows; else writes what it is asked for."""
    if outputs[-1] != "answer":
        return {it: free_text(it, inputs) for it in outputs}
    number, colour = int(re.findall(r"\d+", inputs)[-1]), TOPICS[topic_of(inputs)]
    return dict.fromkeys(outputs, colour if number % 2 == 0 or colour in earlier else "unsure")


def free_text(name: str, inputs: str) -> str:
    if name == "module_advice":
        return json.dumps({"self": "Look at the topic."})
    return f"{name.replace('_', ' ')} {hashlib.sha256(inputs.encode()).hexdigest()[:6]}"
