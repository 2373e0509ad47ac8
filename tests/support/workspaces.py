"""The folders that the workbench opens: the demo with a slow target added, and small ones for single purposes."""

import csv
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
    """`demo`, `untrusted`, `palette`, `bare`, and `alpha`, `beta`, `gamma` with `three.code-workspace`.

    `gamma` has no DSPy, `bare` has code and no environment, `untrusted` names programs in its settings.
    """
    demo(work / "demo", base)
    small(work / "untrusted", "mood", "Mood")
    name_programs(work / "untrusted")
    small(work / "palette", "mood", "Mood")
    second_signature(work / "palette")
    export(work / "palette" / "exports" / "replies.csv")
    small(work / "bare", "mood", "Mood")
    (work / "bare" / ".venv").unlink()
    small(work / "alpha", "first", "First")
    small(work / "beta", "second", "Second")
    as_csv(work / "beta" / "data" / "moods.jsonl")
    notebook(work / "alpha" / "third.ipynb")
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


def name_programs(folder: Path) -> None:
    """Settings that want a script of the folder to be started, which leaves `ran` behind when it is."""
    script = folder / "program.sh"
    script.write_text(f"#!/bin/sh\ntouch {folder / 'ran'}\n", "utf-8")
    script.chmod(0o755)
    (folder / ".vscode").mkdir()
    named = {"dspyLens.path": str(script), "dspyLens.interpreter": str(script)}
    (folder / ".vscode" / "settings.json").write_text(json.dumps(named), "utf-8")


def notebook(path: Path) -> None:
    """A signature in the second cell of a notebook, with the examples of its folder."""
    code: dict[str, object] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    text = SMALL.format(name="Third").replace("class", "# dspy-lens: examples=data/moods.jsonl\nclass", 1)
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Moods"},
        {**code, "source": text.splitlines(keepends=True)},
    ]
    language = {"language_info": {"name": "python"}}
    path.write_text(
        json.dumps({"cells": cells, "metadata": language, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
    )


def second_signature(folder: Path) -> None:
    """`Tone` beside `Mood`, with the same examples: now there is a choice to be asked for. And a trace."""
    (folder / "tone.py").write_text(SMALL.format(name="Tone"), "utf-8")
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text('{ "dspyLens.trace.server": "messages" }\n', "utf-8")
    settings = SMALL_SETTINGS.format(module="tone", name="Tone").partition("\n\n")[2]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{settings}")


def export(path: Path) -> None:
    """What some other program wrote of moods, far from every signature and with columns of its own."""
    rows = [f"{it},So it was on day {it}.,{'glad' if it % 2 else 'sad'}" for it in range(20)]
    path.parent.mkdir()
    path.write_text("\n".join(["id,text,label", *rows, ""]), "utf-8")


def as_csv(path: Path) -> None:
    """The examples as a CSV file; the settings name that one."""
    rows = [json.loads(it) for it in path.read_text("utf-8").splitlines()]
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    settings = path.parent.parent / "pyproject.toml"
    settings.write_text(settings.read_text("utf-8").replace("moods.jsonl", "moods.csv"), "utf-8")
    path.unlink()


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(it) + "\n" for it in rows), "utf-8")


def lend_interpreter(folder: Path) -> None:
    """Makes the project's own environment that of the folder; it has DSPy and the server."""
    (folder / ".venv").symlink_to(PROJECT / ".venv", target_is_directory=True)
