"""The folders that the workbench opens: the demo with a slow target added, an untrusted one, and three side by side."""

import json
import shutil
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
DEMO = PROJECT / "server" / "dspy_lens" / "cli" / "demo_workspace"
KEY_WORDS = {"striker": "sport", "goal": "sport", "bank": "business", "shares": "business"}

METRIC = 'metric = "exact:category"\n'
# New instructions and no demos, in few trials: what is applied then goes into the docstring.
FEW_TRIALS = """[tool.dspy-lens.target."events:HistoricEvent".optimizer]
name = "miprov2"
auto = "none"
num_candidates = 4
num_trials = 4
max_bootstrapped_demos = 0
max_labeled_demos = 0
"""

SLOW = '''"""Files headlines; its model takes its time."""

from typing import Literal

import dspy


class Headline(dspy.Signature):
    """File a headline."""

    headline: str = dspy.InputField()
    desk: Literal["sport", "business"] = dspy.OutputField()
'''

SLOW_SETTINGS = """
[tool.dspy-lens.target."headlines:Headline"]
examples = "data/headlines.jsonl"
metric = "exact:desk"
optimizer = "bootstrap_rs"
model = {{ name = "openai/gpt-4o-mini", api_base = "{base}" }}
"""

SMALL = '''from typing import Literal

import dspy


class {name}(dspy.Signature):
    """Say whether a sentence is glad or sad."""

    sentence: str = dspy.InputField()
    mood: Literal["glad", "sad"] = dspy.OutputField()
'''

SMALL_SETTINGS = """[tool.dspy-lens]
model = "offline"

[tool.dspy-lens.target."{module}:{name}"]
examples = "data/moods.jsonl"
metric = "exact:mood"
optimizer = "labeled"
"""


def make_workspaces(work: Path, base: str) -> None:
    """`demo`, `untrusted`, and `alpha`, `beta`, `gamma` with `three.code-workspace`; `gamma` has no DSPy."""
    demo(work / "demo", base)
    small(work / "untrusted", "mood", "Mood")
    small(work / "alpha", "first", "First")
    small(work / "beta", "second", "Second")
    (work / "gamma").mkdir()
    (work / "gamma" / "plain.py").write_text("print('no signatures here')\n", "utf-8")
    folders = [{"path": it} for it in ("alpha", "beta", "gamma")]
    (work / "three.code-workspace").write_text(json.dumps({"folders": folders}), "utf-8")


def demo(folder: Path, base: str) -> None:
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("__pycache__"))
    lend_interpreter(folder)
    (folder / "headlines.py").write_text(SLOW, "utf-8")
    rows = [
        {"headline": f"{word.title()} makes news, part {number}", "desk": desk}
        for number in range(15)
        for word, desk in KEY_WORDS.items()
    ]
    write_rows(folder / "data" / "headlines.jsonl", rows)
    settings = (folder / "pyproject.toml").read_text("utf-8").replace(METRIC, METRIC + FEW_TRIALS)
    (folder / "pyproject.toml").write_text(settings + SLOW_SETTINGS.format(base=base), "utf-8")


def small(folder: Path, module: str, name: str) -> None:
    (folder / "data").mkdir(parents=True)
    lend_interpreter(folder)
    (folder / f"{module}.py").write_text(SMALL.format(name=name), "utf-8")
    (folder / "pyproject.toml").write_text(SMALL_SETTINGS.format(module=module, name=name), "utf-8")
    moods = {"glad": ("sunny", "happy", "cheerful"), "sad": ("gloomy", "lonely", "weeping")}
    rows = [
        {"sentence": f"It was a {word} day, number {number}.", "mood": mood}
        for number in range(5)
        for mood, words in moods.items()
        for word in words
    ]
    write_rows(folder / "data" / "moods.jsonl", rows)


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(it) + "\n" for it in rows), "utf-8")


def lend_interpreter(folder: Path) -> None:
    """Makes the project's own environment that of the folder; it has DSPy and the server."""
    (folder / ".venv").symlink_to(PROJECT / ".venv", target_is_directory=True)
