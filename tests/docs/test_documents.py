"""The pages describe what exists: every setting, command, event, verb and dependency is on its page."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from dspy_lens.lsp.commands import COMMANDS
from dspy_lens.values.settings import Settings, TargetSettings
from dspy_lens_worker import messages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def names_of(model: type[BaseModel]) -> list[str]:
    return list(model.model_fields)


@pytest.mark.parametrize("name", [*names_of(Settings), *names_of(TargetSettings)])
def test_every_setting_is_on_the_settings_page(name: str) -> None:
    assert f"`{name}`" in page("settings.md")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_on_the_protocol_page(name: str) -> None:
    short = "." + name.partition(".")[2]
    assert f"`{name}`" in page("protocol.md") or f"`{short}`" in page("protocol.md")


def event_names() -> list[str]:
    events = [it for it in vars(messages).values() if isinstance(it, type) and issubclass(it, messages.Event)]
    return [it.model_fields["event"].default for it in events if "event" in it.model_fields]


@pytest.mark.parametrize("name", event_names())
def test_every_event_is_on_the_protocol_page(name: str) -> None:
    assert f"`{name}`" in page("protocol.md")


def test_every_variable_that_the_code_reads_is_on_the_settings_page() -> None:
    code = "".join(it.read_text("utf-8") for it in (ROOT / "server").rglob("*.py"))
    read = set(re.findall(r"DSPY_LENS_[A-Z_]+", code)) - {"DSPY_LENS_RUN"}
    assert read <= set(re.findall(r"DSPY_LENS_[A-Z_]+", page("settings.md")))


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[<>=\[ ]", it)[0].lower() for it in project["dependencies"]]
    names += [re.split(r"[<>=\[ ]", it)[0] for it in project["optional-dependencies"]["dev"]]
    reasons = page("decisions/0001-dependencies.md").lower()
    assert [it for it in names if not it.startswith("types-") and it not in reasons] == []


def test_the_architecture_page_names_every_folder_of_the_server() -> None:
    folders = [it.name for it in (ROOT / "server" / "dspy_lens").iterdir() if (it / "__init__.py").is_file()]
    assert [it for it in folders if f"{it}/" not in page("architecture.md")] == []


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda it: it.name)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", path.read_text("utf-8"))
    assert [it for it in links if not (path.parent / it).exists()] == []
