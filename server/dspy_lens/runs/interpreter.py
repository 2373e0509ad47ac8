"""The Python that runs the user's code: found, asked what it has, or refused with a reason."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens.runs.answers import Answers, Known, Times, asked

OLDEST = (3, 4)
MAKE = "python3 -m venv .venv"
DEADLINE = 30.0  # seconds; a cold disk or a slow shim takes a few

# It imports nothing of the user's: versions come from metadata, modules from folder listings.
PROBE = """
import sys
sys.path[:] = [it for it in sys.path if it]
import importlib.metadata, json, pkgutil
def version(*names):
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
print(json.dumps({
    "path": sys.executable, "python": "%d.%d.%d" % sys.version_info[:3], "folders": sys.path,
    "dspy": version("dspy", "dspy-ai"), "pydantic": version("pydantic"),
    "has": sorted({it.name for it in pkgutil.iter_modules()} | set(sys.builtin_module_names)),
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python with a DSPy that will do. `path` is what was found, so that a venv stays a venv."""

    path: str
    python: str
    dspy: str
    modules: frozenset[str]

    def has(self, module: str) -> bool:
        """Whether a module can be imported, by its top-level name."""
        return module.partition(".")[0] in self.modules


@dataclass(frozen=True, slots=True)
class NoInterpreter:
    """Why there is none: one sentence on what happened and one thing to do; the command that does it, if any."""

    message: str
    fix: str = ""


def find_interpreter(
    root: Path,
    setting: str | None = None,
    environment: Mapping[str, str] = os.environ,
    answers: Answers | None = None,
) -> Interpreter | NoInterpreter:
    """The setting's Python, else that of `.venv` or `venv` in the root, else the one on PATH.

    The first that exists is taken or refused: another one would run the user's code differently.
    Takes as long as a Python takes to start, where `answers` does not know it as it is now.
    """
    found = next(candidates(root, setting, environment), None)
    if found is None:
        return NoInterpreter(f"No Python was found for {root.name}. Make one: {MAKE}", MAKE)
    if not os.access(found, os.X_OK) or not Path(found).is_file():
        fix = "Correct `interpreter` in the settings" if setting else "Make the environment anew"
        return NoInterpreter(f"{found} is no program that can be run. {fix}.")
    answer = ask(root, found, environment, answers or Answers())
    return answer if isinstance(answer, NoInterpreter) else judge(found, answer)


def candidates(root: Path, setting: str | None, environment: Mapping[str, str]) -> Iterator[str]:
    if setting:
        named = root / Path(setting).expanduser()
        on_path = None if named.exists() else shutil.which(setting, path=environment.get("PATH"))
        yield on_path or in_environment(named)
        return
    for folder in (".venv", "venv"):
        path = root / folder / "bin" / "python"
        # Also one whose Python is gone: taking another would hide that the environment is broken.
        if path.exists() or path.is_symlink():
            yield str(path)
    for name in ("python3", "python"):
        if path_found := shutil.which(name, path=environment.get("PATH")):
            yield path_found


def in_environment(path: Path) -> str:
    """The Python of a virtual environment's folder, or the path as it is."""
    return str(path / "bin" / "python" if path.is_dir() else path)


def ask(
    root: Path, path: str, environment: Mapping[str, str], answers: Answers
) -> dict[str, Any] | NoInterpreter:
    """What a Python says of itself; from memory when nothing was installed since."""
    question = asked(root, path, environment)
    if (known := answers.find(question)) and known.times == times(root, path, known.folders):
        return known.answer
    answer = probe(root, path, environment)
    if isinstance(answer, dict):
        answers.keep(Known(asked=question, answer=answer, times=times(root, path, answer["folders"])))
    return answer


def times(root: Path, path: str, folders: list[str]) -> Times:
    """When the interpreter and its folders changed last: installing a package touches its folder."""
    watched = [path, str(Path(path).parent.parent / "pyvenv.cfg"), str(root / ".python-version"), *folders]
    return tuple((it, Path(it).stat().st_mtime_ns if Path(it).exists() else 0) for it in watched)


def probe(root: Path, path: str, environment: Mapping[str, str]) -> dict[str, Any] | NoInterpreter:
    # Without -I, since PYTHONPATH and the user's own packages count when a worker starts, too.
    safe = {**environment, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [path, "-c", PROBE],
            cwd=root,
            env=safe,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return NoInterpreter(f"{path} did not answer within {DEADLINE:.0f} s. Name another `interpreter`.")
    except (OSError, ValueError, IndexError):
        return NoInterpreter(f"{path} does not start. Repair it, or name another `interpreter`.")


def judge(path: str, answer: dict[str, Any]) -> Interpreter | NoInterpreter:
    dspy, has = answer["dspy"], answer["has"]
    newer = install(path, has, ['"dspy>=3.4"'])
    if not dspy:
        return NoInterpreter(f"{path} has no DSPy. Install it: {newer}", newer)
    if release(dspy) < OLDEST:
        return NoInterpreter(
            f"{path} has DSPy {dspy}, and 3.4 is the oldest that will do. Upgrade it: {newer}", newer
        )
    if not answer["pydantic"]:
        fix = install(path, has, ["pydantic"])
        return NoInterpreter(f"{path} has no pydantic. Install it: {fix}", fix)
    return Interpreter(path, answer["python"], dspy, frozenset(answer["has"]))


def install(path: str, modules: Collection[str], packages: Iterable[str]) -> str:
    """The shell command that installs packages for a Python. What uv makes has no pip: then uv installs."""
    python, wanted = shlex.quote(path), " ".join(packages)
    if "pip" in modules or shutil.which("uv") is None:
        return f"{python} -m pip install {wanted}"
    return f"uv pip install --python {python} {wanted}"


def release(version: str) -> tuple[int, ...]:
    """The first two numbers of a version: 3.4.1 and 3.4.0rc1 are (3, 4)."""
    numbers = []
    for part in version.split(".")[:2]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        numbers.append(int(digits or 0))
    return tuple(numbers)
