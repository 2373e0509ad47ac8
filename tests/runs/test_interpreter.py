"""Which Python runs the user's code."""

import sys
from pathlib import Path

import pytest

from dspy_lens.runs.answers import Answers
from dspy_lens.runs.interpreter import Interpreter, NoInterpreter, find_interpreter, release
from support.pythons import install, make_python


def check_refused(root: Path, setting: str | None = None, path: str = "/nowhere") -> str:
    found = find_interpreter(root, setting, {"PATH": path})
    assert isinstance(found, NoInterpreter)
    return found.message


def check_found(root: Path, setting: str | None = None, path: str = "/nowhere") -> Interpreter:
    found = find_interpreter(root, setting, {"PATH": path})
    assert isinstance(found, Interpreter), found.message
    return found


def test_the_real_one_is_found_by_setting_and_knows_what_it_has(tmp_path: Path) -> None:
    found = check_found(tmp_path, sys.executable)
    assert found.path == sys.executable
    assert found.python == ".".join(str(it) for it in sys.version_info[:3])
    assert release(found.dspy) >= (3, 4)
    assert [found.has(it) for it in ("dspy", "optuna", "json", "sys", "dspy.teleprompt")] == [True] * 5
    assert not found.has("no_such_module")


def test_the_setting_goes_before_the_roots_own_and_that_before_path(tmp_path: Path) -> None:
    sound = {"dspy": "3.4.1", "pydantic": "2.11"}
    other = make_python(tmp_path / "other", **sound)
    assert check_found(tmp_path, path=str(Path(other).parent)).path.startswith(str(tmp_path / "other"))
    plain = make_python(tmp_path / "venv", **sound)
    assert check_found(tmp_path, path=str(Path(other).parent)).path == plain
    hidden = make_python(tmp_path / ".venv", **sound)
    assert check_found(tmp_path, path=str(Path(other).parent)).path == hidden
    assert check_found(tmp_path, "other").path == other
    assert check_found(tmp_path, "other/bin/python").path == other


def test_a_setting_that_is_only_a_name_is_looked_for_on_path(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    other = make_python(tmp_path / "other", dspy="3.4.1", pydantic="2.11")
    assert check_found(tmp_path / "root", "python", path=str(Path(other).parent)).path == other


def test_without_any_python_the_user_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert (
        check_refused(tmp_path) == f"No Python was found for {tmp_path.name}. Make one: python3 -m venv .venv"
    )


def test_a_python_without_dspy_is_refused_until_it_is_installed(tmp_path: Path) -> None:
    python = make_python(tmp_path / ".venv")
    found = find_interpreter(tmp_path, None, {"PATH": "/nowhere"})
    fix = f'{python} -m pip install "dspy>=3.4"'
    assert found == NoInterpreter(f"{python} has no DSPy. Install it: {fix}", fix)
    install(tmp_path / ".venv", dspy="3.4.1", pydantic="2.11", optuna="5")
    assert check_found(tmp_path).has("optuna")


@pytest.mark.parametrize("version", ["3.3.9", "2.6.27", "3.0.0b1"])
def test_a_dspy_before_3_4_is_refused(tmp_path: Path, version: str) -> None:
    make_python(tmp_path / ".venv", dspy=version, pydantic="2.11")
    assert f"has DSPy {version}, and 3.4 is the oldest that will do. Upgrade it" in check_refused(tmp_path)


@pytest.mark.parametrize("version", ["3.4.0", "3.4.1rc1", "3.10.0", "4.0"])
def test_a_dspy_from_3_4_on_will_do(tmp_path: Path, version: str) -> None:
    make_python(tmp_path / ".venv", dspy=version, pydantic="2.11")
    assert check_found(tmp_path).dspy == version


def test_a_python_without_pydantic_is_refused(tmp_path: Path) -> None:
    make_python(tmp_path / ".venv", dspy="3.4.1")
    assert "has no pydantic. Install it" in check_refused(tmp_path)


def test_a_setting_that_names_no_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("not to be run")
    assert "is no program that can be run. Correct `interpreter`" in check_refused(tmp_path, "missing/python")
    assert "is no program that can be run. Correct `interpreter`" in check_refused(tmp_path, "python")


@pytest.mark.parametrize("script", ["exit 3", "echo not json", "kill -9 $$"])
def test_a_program_that_is_no_python_is_refused(tmp_path: Path, script: str) -> None:
    (tmp_path / "python").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "python").chmod(0o755)
    assert "does not start. Repair it" in check_refused(tmp_path, "python")


def test_asking_runs_no_module_of_the_root(tmp_path: Path) -> None:
    for name in ("dspy", "json", "pkgutil", "importlib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the root was imported')")
    assert check_found(tmp_path, sys.executable).dspy


def test_an_environment_whose_python_is_gone_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to("/nowhere/python")
    path = str(Path(sys.executable).parent)
    assert "is no program that can be run. Make the environment anew." in check_refused(tmp_path, path=path)


def test_what_to_type_is_quoted_for_the_shell(tmp_path: Path) -> None:
    python = make_python(tmp_path / "my work" / ".venv")
    assert f"Install it: '{python}' -m pip install" in check_refused(tmp_path / "my work")


def counted(python: str, log: Path) -> None:
    """The Python of an environment, which from now on writes a line whenever it is started."""
    inner = Path(python).with_name("python-itself")
    Path(python).rename(inner)
    Path(python).write_text(f'#!/bin/sh\necho >> "{log}"\nexec "{inner}" "$@"\n')
    Path(python).chmod(0o755)


def starts(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_what_a_python_said_is_remembered_over_processes_until_something_is_installed(tmp_path: Path) -> None:
    python, log, file = (
        make_python(tmp_path / ".venv", dspy="3.4.1", pydantic="2.11"),
        tmp_path / "log",
        tmp_path / "said",
    )
    counted(python, log)

    def found(**more: str) -> Interpreter | NoInterpreter:
        return find_interpreter(tmp_path, None, {"PATH": "/usr/bin:/bin", **more}, Answers(file))

    first = found()
    assert (found(), found(), starts(log)) == (first, first, 1)
    install(tmp_path / ".venv", optuna="5")
    assert isinstance(again := found(), Interpreter)
    assert (again.has("optuna"), starts(log)) == (True, 2)
    found(PYTHONPATH=str(tmp_path))
    assert starts(log) == 3


@pytest.mark.parametrize("content", ["", "{", "[]", '{"asked": 1}'])
def test_a_memory_that_can_not_be_read_is_asked_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "said").write_text(content)
    make_python(tmp_path / ".venv", dspy="3.4.1", pydantic="2.11")
    assert isinstance(
        find_interpreter(tmp_path, None, {"PATH": "/nowhere"}, Answers(tmp_path / "said")), Interpreter
    )


def test_a_memory_that_can_not_be_written_is_no_obstacle(tmp_path: Path) -> None:
    make_python(tmp_path / ".venv", dspy="3.4.1", pydantic="2.11")
    nowhere = Answers(tmp_path / "no" / "such" / "folder")
    assert isinstance(find_interpreter(tmp_path, None, {"PATH": "/nowhere"}, nowhere), Interpreter)
