"""A session of the terminal with the daemon: attached, initialized, and answering what it asks."""

import contextlib
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from dspy_lens import __version__
from dspy_lens.cli.connection import Connection, Handler
from dspy_lens.cli.edits import changes_of, diff_view
from dspy_lens.cli.errors import Ended, of_refusal
from dspy_lens.cli.places import relative, root_for
from dspy_lens.cli.terminal import Terminal
from dspy_lens.daemon.connect import NoDaemon, attach, here
from dspy_lens.paths import Paths

WORTH_SAYING = 2  # LSP: 1 is an error, 2 a warning, 3 and 4 are information and log


class Session:
    """What verbs ask of the daemon."""

    def __init__(self, connection: Connection, root: Path, terminal: Terminal) -> None:
        self.connection = connection
        self.root = root
        self.terminal = terminal

    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one of our requests; ends the verb when it is a refusal."""
        return _answer(self.connection.request(f"dspyLens/{method}", dict(params)))

    def command(self, name: str, argument: Mapping[str, Any]) -> dict[str, Any]:
        """What a command answers; ends the verb when it is a refusal."""
        params = {"command": f"dspyLens.{name}", "arguments": [dict(argument)]}
        return _answer(self.connection.request("workspace/executeCommand", params))


def _answer(result: Any) -> dict[str, Any]:
    answer: dict[str, Any] = result if isinstance(result, dict) else {}
    if refused := answer.get("refused"):
        raise of_refusal(refused)
    return answer


@contextlib.contextmanager
def attached(args: Namespace, terminal: Terminal) -> Iterator[Session]:
    """A session with the daemon of the root, which is started when there is none."""
    with attached_to(root_for(args), terminal) as session:
        yield session


@contextlib.contextmanager
def attached_to(root: Path, terminal: Terminal) -> Iterator[Session]:
    try:
        connected = attach(Paths.of(root), here("terminal"))
    except NoDaemon as error:
        raise Ended(str(error)) from error
    connection = Connection(connected, _handlers(root, terminal))
    try:
        connection.request("initialize", _introduction(root, terminal))
        connection.notify("initialized", {})
        yield Session(connection, root, terminal)
    finally:
        connection.close()


def _introduction(root: Path, terminal: Terminal) -> dict[str, Any]:
    return {
        "processId": None,
        "clientInfo": {"name": "dspy-lens terminal", "version": __version__},
        "rootUri": root.as_uri(),
        "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
        "initializationOptions": {"client": "terminal", "trusted": terminal.yes, "commands": True},
        "capabilities": {
            "general": {"positionEncodings": ["utf-16"]},
            "window": {"showMessage": {"messageActionItem": {}}},
            "workspace": {
                "applyEdit": True,
                "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
            },
        },
    }


def _handlers(root: Path, terminal: Terminal) -> dict[str, Handler]:
    def choose(params: Any) -> Any:
        """The button that was picked; a single one is a yes."""
        actions = {it["title"]: it for it in params.get("actions") or ()}
        if len(actions) > 1:
            return actions[terminal.choose(params["message"], list(actions))]
        return next(iter(actions.values()), None) if terminal.ask(params["message"]) else None

    def edit(params: Any) -> Any:
        applied = offer(params["edit"], root, terminal)
        return {"applied": applied, "failureReason": None if applied else "declined"}

    def say(params: Any) -> None:
        if params["type"] <= WORTH_SAYING:
            terminal.warn(params["message"])

    return {
        "window/showMessageRequest": choose,
        "window/showMessage": say,
        "workspace/applyEdit": edit,
        "workspace/configuration": lambda params: [None for _ in params["items"]],
        "workspace/codeLens/refresh": lambda params: None,
        "workspace/inlayHint/refresh": lambda params: None,
        "workspace/diagnostic/refresh": lambda params: None,
        "window/workDoneProgress/create": lambda params: None,
        "client/registerCapability": lambda params: None,
        "client/unregisterCapability": lambda params: None,
    }


def offer(edit: Mapping[str, Any], root: Path, terminal: Terminal) -> bool:
    """Shows an edit as a diff and writes it when the user says yes."""
    changes = changes_of(edit)
    for it in changes:
        terminal.show(*diff_view(it.before or "", it.after, relative(it.path, root)))
    names = ", ".join(relative(it.path, root) for it in changes)
    if not changes or not terminal.ask(f"Write {names}?"):
        return not changes
    for it in changes:
        it.write()
        terminal.show(Text(f"wrote {relative(it.path, root)}", style="dim"))
    return True
