"""Drives the packaged extension in the real workbench: `python tests/vscode/run.py VSIX [PART…]`.

Everything of one run lives in a new temporary folder: home, workspaces, state, browser profile. What a run
leaves behind there on failure is named, and kept. Pictures go to `dist/pictures`; `--pictures DIR` names
another folder.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support.provider import Provider, keywords  # noqa: E402
from support.workbench import (  # noqa: E402
    PROJECT,
    RIG,
    Stage,
    drive,
    install,
    pack,
    stage,
    stop_daemons,
    workbench,
)
from support.workspaces import KEY_WORDS, make_workspaces  # noqa: E402

LATENCY = 1.5  # seconds that the slow model takes for an answer: a run of it lasts until it is stopped
USUAL = ("drive", "result", "palette", "untrusted", "exthost")
BARE = ("bare",)
SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin")


def main(vsix: Path, parts: Sequence[str], pictures: Path) -> int:
    folder = Path(tempfile.mkdtemp(prefix="lens-"))
    failed: list[str] = []
    for name, make, own in (("usual", usual, USUAL), ("bare", bare, BARE)):
        wanted = [it for it in own if it in parts]
        if wanted:
            failed += run(folder / name, make, vsix, wanted, pictures)
    if failed:
        print(f"Failed: {', '.join(failed)}. What is left is in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


def run(
    folder: Path, make: Callable[[Path, str], Stage], vsix: Path, parts: list[str], pictures: Path
) -> list[str]:
    """The parts that failed in a workbench of their own."""
    with ExitStack() as stack:
        provider = stack.enter_context(Provider(rule=keywords(KEY_WORDS), latency=LATENCY))
        on = make(folder, provider.key)
        make_workspaces(on.work, provider.base)
        stack.callback(stop_daemons, on)
        helper = HERE / ("python" if make is bare else "exthost")
        for it in (vsix, pack(helper, folder)):
            install(it, on)
        port = stack.enter_context(workbench(on))
        return [part for part in parts if not drive(part, on, port, pictures)]


def usual(folder: Path, key: str) -> Stage:
    """A machine on which `dspy-lens` is installed."""
    path: list[Path | str] = [RIG / "node" / "bin", PROJECT / ".venv" / "bin", *SYSTEM]
    return stage(folder, path, {"OPENAI_API_KEY": key})


def bare(folder: Path, key: str) -> Stage:
    """A machine without a Python at first, and whose pip reaches no package index."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    own = {
        "PIP_NO_INDEX": "1",
        "LENS_BIN": str(programs),
        "LENS_BASE_PYTHON": str(Path(sys.base_prefix) / "bin" / "python3"),
        "LENS_GOOD_PYTHON": sys.executable,
        "LENS_CHOICE": str(folder / "choice"),
    }
    return stage(folder, [programs], own)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vsix", type=Path)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*USUAL, *BARE]))
    parser.add_argument("--pictures", type=Path, default=PROJECT / "dist" / "pictures")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    sys.exit(main(given.vsix.resolve(), given.parts or [*USUAL, *BARE], given.pictures.resolve()))
