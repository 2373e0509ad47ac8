"""Pages of HTML, written where the user says."""

from pathlib import Path

from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.terminal import Terminal

MADE_BY = b'content="DSPy Lens"'
HEAD = 2048  # bytes in which a page says what made it


def write_page(page: str, path: Path, run: str, terminal: Terminal) -> Exit:
    """Writes a page; over a file that is none, only when the user says so."""
    if not _may_be_replaced(path) and not terminal.ask(f"Write over {path}, which is no page of a run?"):
        return Exit.NO
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise Ended(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    terminal.document({"run": run, "path": str(path.resolve())})
    terminal.say(f"Wrote {path}. Open it in a browser.")
    return Exit.DONE


def _may_be_replaced(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MADE_BY in file.read(HEAD)
    except FileNotFoundError:
        return True
    except OSError:
        return False
