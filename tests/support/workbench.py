"""A real workbench with an extension in it: everything of one lives in a folder of its own."""

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import monotonic

PROJECT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = PROJECT / "tests" / "vscode"
RIG = PROJECT / ".rig"
NODE = RIG / "node" / "bin" / "node"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one workbench lives, and the environment of everything that is started there."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def work(self) -> Path:
        return self.folder / "work"


def stage(folder: Path, path: Sequence[Path | str], more: Mapping[str, str]) -> Stage:
    """No more than a workbench needs, so that nothing of the machine's user takes part."""
    joined = os.pathsep.join(str(it) for it in path)
    (folder / "home").mkdir(parents=True)
    # The workbench asks a login shell for the environment of its extensions.
    (folder / "home" / ".profile").write_text(f'export PATH="{joined}"\n', "utf-8")
    (folder / "settings.toml").write_text("confirm_above = 0\n", "utf-8")
    environment = {
        "HOME": str(folder / "home"),
        "PATH": joined,
        "LANG": "C.UTF-8",
        "DSPY_LENS_STATE": str(folder / "state"),
        "DSPY_LENS_CACHE": str(folder / "cache"),
        "DSPY_LENS_CONFIG": str(folder / "settings.toml"),
        "DSPY_LENS_IDLE_SECONDS": "30",
        "LENS_TEST_LOG": str(folder / "tests.log"),
        **more,
    }
    return Stage(folder, environment)


def pack(folder: Path, into: Path) -> Path:
    """An extension that helps the tests, packaged."""
    vsce = PROJECT / "client-vscode" / "node_modules" / "@vscode" / "vsce" / "vsce"
    vsix = into / f"{folder.name}.vsix"
    options = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", str(vsix)]
    subprocess.run([str(NODE), str(vsce), "package", *options], cwd=folder, check=True, capture_output=True)
    return vsix


def install(vsix: Path, on: Stage) -> None:
    (on.folder / "server.yaml").write_text("auth: none\n", "utf-8")
    said = subprocess.run(
        [*server_command(on), "--install-extension", str(vsix), "--force"],
        env=dict(on.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode != 0 or "successfully installed" not in said.stdout:
        raise SystemExit(f"{vsix} could not be installed:\n{said.stdout}{said.stderr}")


def server_command(on: Stage) -> list[str]:
    entry = RIG / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    places = ["--user-data-dir", on.folder / "data", "--extensions-dir", on.folder / "extensions"]
    return [str(it) for it in (NODE, entry, "--config", on.folder / "server.yaml", *places)]


OPTIONS = {
    "--auth": "none",
    "--bind-addr": "127.0.0.1:0",
    "--reconnection-grace-time": "5",
}
SWITCHES = (
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-getting-started-override",
    "--ignore-last-opened",
)


@contextmanager
def workbench(on: Stage) -> Iterator[int]:
    """A running workbench; the port is one that the system found free."""
    user = on.folder / "data" / "User"
    user.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPTS / "settings.json", user / "settings.json")
    with (on.folder / "workbench.log").open("w") as log:
        process = subprocess.Popen(
            [*server_command(on), *chain(*OPTIONS.items()), *SWITCHES],
            env=dict(on.environment),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        try:
            yield port_of(process)
        finally:
            process.terminate()
            process.wait(20)


def port_of(process: "subprocess.Popen[str]") -> int:
    """Where the workbench says that it listens."""
    assert process.stdout is not None
    for line in process.stdout:
        if "HTTP server listening on" in line:
            url = line.split(" on ")[1].strip().rstrip("/")
            with urllib.request.urlopen(f"{url}/healthz", timeout=20):
                return int(url.rsplit(":", 1)[1])
    raise SystemExit("The workbench did not start.")


def drive(part: str, on: Stage, port: int, pictures: Path) -> bool:
    """Runs one script of a user at the workbench; whether it went well."""
    began = monotonic()
    said = {
        **on.environment,
        "LENS_RIG": str(RIG),
        "LENS_PORT": str(port),
        "LENS_WORK": str(on.work),
        "LENS_STATE": on.environment["DSPY_LENS_STATE"],
        "LENS_PICTURES": str(pictures),
        "LENS_BROWSER": browser(),
    }
    ended = subprocess.run([str(NODE), str(SCRIPTS / f"{part}.mjs")], env=said, check=False).returncode
    print(f"{'ok' if ended == 0 else 'FAILED'}  {part}  {monotonic() - began:.0f} s", flush=True)
    return ended == 0


def browser() -> str:
    found = (shutil.which(it) for it in ("chromium", "chromium-browser", "google-chrome"))
    return next((it for it in found if it), "chromium")


def stop_daemons(on: Stage) -> None:
    lens = str(PROJECT / ".venv" / "bin" / "dspy-lens")
    for root in sorted(it for it in on.work.iterdir() if it.is_dir()):
        command = [lens, "daemon", "stop", "--root", str(root), "--json"]
        subprocess.run(command, env=dict(on.environment), capture_output=True, check=False)
