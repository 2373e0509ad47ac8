"""Examples that the target's model drafts, as records for its example file."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.follow import follow
from dspy_lens.cli.options import request_of
from dspy_lens.cli.session import attached_to
from dspy_lens.cli.terminal import Terminal
from dspy_lens.source.drafts import draft_records
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.figures import count
from dspy_lens.values.target import Target

CRUDE = "The practice model made these out of words, to try this out. Take a real model for drafts worth a review."


def drafted(args: Namespace, root: Path, target: Target, terminal: Terminal) -> list[dict[str, Any]]:
    """The records that a run of its own makes, after its price was told; ends the verb where there is none."""
    request = {**request_of(args), "target": target.name, "drafts": args.drafts}
    # What it says goes to standard error: standard output holds what was written.
    aside = replace(terminal, out=terminal.err, json=False)
    with attached_to(root, terminal) as session:
        started = session.command("createExamples", request)
        run = started.get("run")
        if not isinstance(run, str):
            raise Ended("Nothing was drafted. Run `dspy-lens doctor`.")
        ended = Exit.DONE if started.get("stored") else follow(session, run, aside)
        document = session.ask("run", {"run": run})
    fields = [it.name for side in example_fields(target.definition) for it in side]
    records = draft_records([it["answer"] for it in document["held_out"]], fields, target.settings.map)
    if not records:
        raise Ended(f"No draft came of it. `dspy-lens show {run}` says why.")
    if ended is not Exit.DONE:
        terminal.warn(f"It ended early, with {count(len(records), 'draft')}.")
    if (document.get("outcome") or {}).get("practice"):
        terminal.warn(CRUDE)
    return records
