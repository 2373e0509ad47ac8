"""A process that knows DSPy only: it makes an exported program again and scores it on held-out examples."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens_worker.messages import OrderExample
from support.orders import clean_environment

SCRIPT = """
import importlib, importlib.util, json, os, sys

import dspy

given = json.loads(sys.stdin.read())
sys.path[:0] = given["roots"]
if given["practice"]:
    from dspy_lens_worker.offline import practice_lm
    lm = practice_lm()
else:
    lm = dspy.LM(**given["model"])
dspy.configure(lm=lm)
if given["target"]:
    module, _, name = given["target"].partition(":")
    program = dspy.Predict(getattr(importlib.import_module(module), name))
    program.load(given["exported"], allow_unsafe_lm_state=True)
else:
    spec = importlib.util.spec_from_file_location("exported", given["exported"].removesuffix(".json") + ".py")
    exported = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(exported)
    program = exported.build()
sent = len(lm.history)
right = 0
for row in given["rows"]:
    answer = program(**row["inputs"])
    right += all(str(answer.get(name)) == str(it) for name, it in row["labels"].items())
print(json.dumps({
    "score": right / len(given["rows"]),
    "calls": (len(lm.history) - sent) / len(given["rows"]),
    "ours": sorted(it for it in sys.modules if it.startswith("dspy_lens")),
}))
"""


@dataclass(frozen=True)
class Plain:
    """What came out: the share of right answers, calls for each of them, and modules of ours that were loaded."""

    score: float
    calls: float
    ours: list[str]


def in_plain_dspy(
    exported: Path,
    rows: Sequence[OrderExample],
    roots: Sequence[Path],
    cache: Path,
    model: dict[str, Any] | None = None,
    target: str | None = None,
) -> Plain:
    """Loads an exported state into the signature `target`, else runs `build()` of the module beside it.

    Without a model the practice model answers, which is ours.
    """
    given = {
        "exported": str(exported.with_suffix(".json")),
        "target": target,
        "roots": [str(it) for it in roots],
        "practice": model is None,
        "model": model,
        "rows": [{"inputs": it.inputs, "labels": it.labels} for it in rows],
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **clean_environment(),
            "DSPY_CACHEDIR": str(cache),
            "OPENAI_API_KEY": str((model or {}).get("api_key", "")),
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Plain(**json.loads(done.stdout.splitlines()[-1]))
