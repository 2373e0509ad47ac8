"""The order's models as DSPy objects, each marked with the role it was made for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.failure import Failed, described
from dspy_lens_worker.hooks import ROLE
from dspy_lens_worker.messages import CapsOrder, ModelOrder, Order, Role
from dspy_lens_worker.prices import Prices

PRACTICE = "offline"


@dataclass(frozen=True, slots=True)
class Models:
    """Task and prompt model, and the teacher where the order names one."""

    task: Any
    prompt: Any
    teacher: Any | None
    judge: Any | None = None

    def all(self) -> list[Any]:
        return [it for it in (self.task, self.prompt, self.teacher, self.judge) if it is not None]


def make_models(order: Order) -> Models:
    """The models of an order. Without a prompt model of its own the task model writes prompts as well."""
    task = make_model(order.model, "task")
    prompt = make_model(order.prompt_model or order.model, "prompt")
    teacher = make_model(order.teacher, "task") if order.teacher is not None else None
    judge = make_model(order.judge_model, "judge") if order.judge_model is not None else None
    return Models(task, prompt, teacher, judge)


def make_model(order: ModelOrder, role: Role) -> Any:
    import dspy

    try:
        if order.name == PRACTICE:
            from dspy_lens_worker.offline import practice_lm

            lm = practice_lm(**order.parameters)
        else:
            base = {} if order.api_base is None else {"api_base": order.api_base}
            lm = dspy.LM(order.name, **{**base, **order.parameters})
    except (dspy.LMError, TypeError, ValueError) as error:
        raise Failed(
            "model", f"The model {order.name} cannot be used: {described(error)}. Check its settings."
        ) from error
    # Copies of the object keep the mark.
    setattr(lm, ROLE, role)
    return lm


def check_prices(models: Models, caps: CapsOrder, prices: Prices) -> str | None:
    """A warning where a cap in dollars cannot hold beside others; fails where it is the only one."""
    if caps.micros is None:
        return None
    unknown = sorted({it.model for it in models.all() if prices.price(it) is None})
    if not unknown:
        return None
    names = " and ".join(unknown)
    if caps.calls is None and caps.tokens is None:
        raise Failed(
            "model", f"The price of {names} is unknown, so a cap in dollars cannot hold. Use --cap-calls."
        )
    return f"The price of {names} is unknown: only the other caps hold."


def load_environment(order: Order, environment: Mapping[str, str]) -> str | None:
    """Reads the root's `.env`; what the environment says already stays. A warning when that cannot be."""
    if order.env_file is None:
        return None
    try:
        from dotenv import dotenv_values
    except ImportError:
        return "The `.env` file was not read: install python-dotenv, or set the keys in the environment."
    path = os.path.join(order.root, order.env_file)  # noqa: PTH118, an absolute path stays as it is
    for name, value in dotenv_values(path).items():
        if value is not None and name not in environment:
            os.environ[name] = value
    return None
