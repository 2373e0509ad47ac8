"""What a workspace needs and whether it is there, each with one thing to do."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspy_lens.runs.interpreter import Interpreter, NoInterpreter
from dspy_lens.store.filesystem import check_file_system
from dspy_lens.values.definition import Problem

if TYPE_CHECKING:
    from dspy_lens.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `message` says what was found and, where it is not ok, what to do."""

    name: str
    ok: bool
    message: str


async def examine(workspace: "Workspace", environment: Mapping[str, str]) -> tuple[Check, ...]:
    """Looks at everything that a run would need; keys are looked for in the environment of who asks."""
    await workspace.indexed()
    snapshot = workspace.saved
    targets = await snapshot.all_targets()
    checks = [
        Check("root", True, f"{workspace.root} · {len(targets)} targets"),
        daemon_check(workspace.version),
        file_system_check(
            await asyncio.to_thread(check_file_system, workspace.paths.state), str(workspace.paths.state)
        ),
        watch_check(workspace.watch_problem),
        trust_check(workspace.consent.trusted),
    ]
    if workspace.consent.trusted:
        checks.append(interpreter_check(await workspace.consent.interpreter()))
        missing = await workspace.missing_everywhere(snapshot)
        checks += [Check("packages", False, missing.message)] if missing else []
    model = snapshot.settings.model
    checks.append(model_check(None if model is None else model if isinstance(model, str) else model.name))
    checks += [Check("key", False, told(it)) for it in snapshot.missing_keys(environment)]
    checks += [Check("settings", False, told(it)) for it in snapshot.settings_problems]
    return tuple(checks)


def told(problem: Problem) -> str:
    return f"{problem.span.path}:{problem.span.line}: {problem.message}"


def daemon_check(version: str) -> Check:
    """A living daemon never has DSPy in it: user code and DSPy run in workers only."""
    clean = "dspy" not in sys.modules
    return Check(
        "daemon",
        clean,
        f"version {version}, Python {sys.version.split()[0]}, without DSPy in its process"
        if clean
        else "The daemon has loaded DSPy. Restart it: dspy-lens daemon stop",
    )


def file_system_check(problem: str | None, place: str) -> Check:
    return Check("state", problem is None, problem or place)


def watch_check(problem: str | None) -> Check:
    return Check("watcher", problem is None, problem or "sees changes that no editor reports")


def trust_check(trusted: bool) -> Check:
    message = (
        "trusted" if trusted else "Not trusted: nothing runs here. Use “Trust This Workspace”, or --yes."
    )
    return Check("trust", trusted, message)


def interpreter_check(found: Interpreter | NoInterpreter) -> Check:
    if isinstance(found, NoInterpreter):
        return Check("interpreter", False, found.message)
    without = "" if found.has("optuna") else " · without optuna, which MIPROv2 needs"
    return Check("interpreter", True, f"{found.path} · Python {found.python} · DSPy {found.dspy}{without}")


def model_check(model: str | None) -> Check:
    if model is None:
        return Check(
            "model", False, 'No model is set. Put model = "openai/gpt-4o-mini" into [tool.dspy-lens].'
        )
    return Check("model", True, model)
