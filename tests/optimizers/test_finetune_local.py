"""Training on this machine: what is known to go wrong is told before anything is spent."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from dspy_lens_worker.optimizers.finetune_local import (
    asked_problem,
    end_servers,
    model_name,
    newer_problem,
)

FITTING = {"trl": "0.19.1", "transformers": "4.53.3"}


def model(name: str, **options: Any) -> Any:
    return SimpleNamespace(model=name, kwargs=options)


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        ({}, None),
        ({"trl": "0.20.0"}, "does not work with trl 0.20.0"),
        ({"trl": "1.16.0"}, "pip install 'trl<0.20'"),
        ({"transformers": "5.0.0.dev0"}, "pip install 'transformers<5'"),
        ({"transformers": "4.57.1+cpu"}, None),
    ],
)
def test_packages_that_dspys_training_code_does_not_know_are_named(
    installed: dict[str, str], said: str | None
) -> None:
    problem = newer_problem({**FITTING, **installed}.__getitem__)
    assert (problem is None) if said is None else said in str(problem)


@pytest.mark.parametrize(
    ("lm", "fits"),
    [
        (model("openai/Qwen/Qwen2.5-0.5B", api_base="http://127.0.0.1:1/v1"), True),
        (model("openai/local:/models/mine", base_url="http://127.0.0.1:1/v1"), True),
        (model("openai/Qwen/Qwen2.5-0.5B"), False),
        (model("hosted_vllm/mine", api_base="http://127.0.0.1:1/v1"), False),
    ],
)
def test_the_model_has_to_be_served_by_its_own_name_before_it_is_trained(lm: Any, fits: bool) -> None:
    assert (asked_problem(lm, {}) is None) is fits
    served = asked_problem(lm, {"OPENAI_API_BASE": "http://127.0.0.1:1/v1"}) is None
    assert served is lm.model.startswith("openai/")


def test_the_folder_or_name_of_a_model_is_what_is_loaded() -> None:
    assert model_name(model("openai/local:/models/mine")) == "/models/mine"
    assert model_name(model("openai/Qwen/Qwen2.5-0.5B")) == "Qwen/Qwen2.5-0.5B"


@pytest.mark.skipif(sys.platform != "linux", reason="SGLang runs on Linux alone")
def test_the_servers_of_trained_models_end_with_a_run_that_leaves_early() -> None:
    waits = "import sys; print('up', flush=True); sys.stdin.read()"
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", waits, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("sglang.launch_server", "something else")
    ]
    try:
        for it in servers:
            assert it.stdout is not None
            assert it.stdout.readline() == "up\n"
        end_servers()
        assert servers[0].wait(20) != 0
        assert servers[1].poll() is None
    finally:
        for it in servers:
            it.kill()
            it.communicate()
