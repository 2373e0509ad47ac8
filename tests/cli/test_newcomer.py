"""The way from one bare signature to a first honest score, by the steps that the README names."""

import json
import re
import sys
from pathlib import Path

from support.terminal import Desk

README = Path(__file__).parents[2] / "README.md"
TRIAGE = '''
    import dspy
    from typing import Literal


    class Triage(dspy.Signature):
        """Say which team a message from a customer belongs to."""

        message: str = dspy.InputField()
        team: Literal["billing", "shipping", "returns"] = dspy.OutputField()
    '''
MESSAGES = {
    "billing": ["The invoice is wrong", "I was charged twice", "My card was refused", "Send me a receipt"],
    "shipping": ["Where is my parcel?", "The courier is late", "It went to the wrong door"],
    "returns": ["I want to send it back", "The lamp is broken", "How do I return shoes?"],
}


def machine() -> dict[str, str]:
    """The one file, and the Python that has DSPy, as an activated environment would give it."""
    return {"triage.py": TRIAGE, "dspy-lens.toml": f'interpreter = "{sys.executable}"\n'}


def steps() -> list[str]:
    """The commands of the README's section, without what it says about them."""
    block = re.search(r"<!-- newcomer -->\n```\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert block
    return [line.partition("#")[0].strip() for line in block[1].splitlines()]


def write_examples(path: Path) -> None:
    """What the user types into the file: a message in place of each placeholder."""
    rows = [json.loads(it) for it in path.read_text("utf-8").splitlines()]
    waiting = {team: list(its) for team, its in MESSAGES.items()}
    made = [{"message": waiting[row["team"]].pop(), "team": row["team"]} for row in rows]
    path.write_text("".join(json.dumps(it) + "\n" for it in made), "utf-8")


def test_the_steps_of_the_readme_lead_to_a_held_out_score(served: Desk) -> None:
    served.write(machine())
    answers = []
    for step in steps():
        program, *words = step.split()
        if program == "dspy-lens":
            answers.append(served.run(*words, "--yes").expect())
        else:
            write_examples(served.root / words[0])
    found, created, scored = (it.out for it in answers)
    assert "Triage" in found
    assert "evals/triage.jsonl" in created
    assert re.search(r"succeeded: \d+ % held-out \(n=3, practice model\)", scored)


def test_before_the_records_are_written_there_is_no_score(served: Desk) -> None:
    served.write(machine())
    served.run("create", "examples", "Triage", "--yes").expect()
    refused = served.run("evaluate", "Triage", "--model", "offline", "--yes").expect(1)
    assert "evals/triage.jsonl:1: This record is as it was created, so it is left out." in refused.err
