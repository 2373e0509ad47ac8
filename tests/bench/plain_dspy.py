"""An optimization as a user's own script would do it: DSPy alone, nothing of ours.

    python plain_dspy.py OPTIMIZER PARAMETERS API_BASE THREADS FOLDER

FOLDER holds `app.py` and `examples.jsonl` (the examples with the part each was dealt to), and gets the
cache and `program.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import dspy


def examples(folder: Path, part: str) -> list[Any]:
    rows = [json.loads(it) for it in (folder / "examples.jsonl").read_text().splitlines()]
    dealt = [it for it in rows if it["part"] == part]
    return [dspy.Example(**it["inputs"], **it["labels"]).with_inputs(*it["inputs"]) for it in dealt]


def exact(example: Any, prediction: Any, trace: Any = None) -> bool:
    return bool(example.mood == prediction.mood)


def main(optimizer: str, parameters: dict[str, Any], base: str, threads: int, folder: Path) -> None:
    dspy.configure_cache(disk_cache_dir=str(folder / "cache"), restrict_pickle=True)
    model = dspy.LM("openai/test-model", api_base=base, num_retries=0, max_tokens=200)
    dspy.configure(lm=model)
    sys.path.insert(0, str(folder))
    from app import Mood  # type: ignore[import-not-found]

    student, parts = dspy.Predict(Mood), {it: examples(folder, it) for it in ("train", "validation")}
    if optimizer == "miprov2":
        made = dspy.MIPROv2(
            metric=exact, task_model=model, prompt_model=model, num_threads=threads, **parameters
        )
    else:
        made = dspy.BootstrapFewShotWithRandomSearch(metric=exact, num_threads=threads, **parameters)
    best = made.compile(student, trainset=parts["train"], valset=parts["validation"])
    best.save(str(folder / "program.json"))


if __name__ == "__main__":
    name, given, address, count, place = sys.argv[1:]
    main(name, json.loads(given), address, int(count), Path(place))
