"""`dspy-lens get`: examples from elsewhere, in the terminal."""

import sys

from support.hub import Hub
from support.terminal import SIGNATURE, Desk

DATA = """
def load():
    return [{"sentence": f"The {it} child was merry.", "mood": "glad"} for it in range(12)]
"""
SETTINGS = f'model = "offline"\ninterpreter = "{sys.executable}"\n[target."mood:Mood"]\nexamples = '


def test_code_runs_after_a_yes_and_its_examples_stay(served: Desk) -> None:
    served.write({"mood.py": SIGNATURE, "data.py": DATA, "dspy-lens.toml": f'{SETTINGS}"data:load"\n'})
    (target,) = served.run("targets", "--json").expect().json["targets"]
    assert target["examples"] is None
    assert [it["code"] for it in target["problems"]] == ["examples/elsewhere"]
    assert "Nobody can be asked here: pass --yes" in served.run("get", "Mood", "--json").expect(4).err
    done = served.run("get", "Mood", "--yes", "--json").expect().json
    assert done == {"target": "mood:Mood", "got": ["12 records of data:load"], "count": 12}
    (target,) = served.run("targets", "--json").expect().json["targets"]
    assert target["examples"] == {"source": "data:load", "count": 12, "rule": "settings"}


def test_rows_are_downloaded_after_a_yes(served: Desk) -> None:
    served.write({"mood.py": SIGNATURE, "dspy-lens.toml": f'{SETTINGS}"hf:me/moods?split=test"\n'})
    rows = [{"sentence": f"The {it} child was merry.", "mood": "glad"} for it in range(30)]
    with Hub({("me/moods", "default", "test"): rows}) as hub:
        served.environment["DSPY_LENS_HUB"] = hub.base
        done = served.run("get", "Mood", "--yes").expect()
    assert "Got 30 of 30 rows of default/test." in done.err + done.out
    assert "mood:Mood has 30 examples." in done.err + done.out
