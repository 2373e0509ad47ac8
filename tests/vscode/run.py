"""Drives the packaged extension in the real workbench: `python tests/vscode/run.py VSIX [PART…]`.

Everything of one run lives in a new temporary folder: home, workspaces, state, browser profile. What a run
leaves behind there on failure is named, and kept.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
RIG = PROJECT / ".rig"
PARTS = ("drive", "result", "untrusted", "exthost")
sys.path.insert(0, str(HERE.parent))

from support.provider import Provider, keywords  # noqa: E402
from support.workspaces import KEY_WORDS, make_workspaces  # noqa: E402

LATENCY = 1.5  # seconds that the slow model takes for an answer: a run of it lasts until it is stopped


def main(vsix: Path, parts: tuple[str, ...]) -> int:
    folder = Path(tempfile.mkdtemp(prefix="lens-"))
    failed: list[str] = []
    with ExitStack() as stack:
        provider = stack.enter_context(Provider(rule=keywords(KEY_WORDS), latency=LATENCY))
        make_workspaces(folder / "work", provider.base)
        environment = environment_of(folder, provider.key)
        stack.callback(stop_daemons, folder / "work", environment)
        install(vsix, folder, environment)
        install(pack_tests(folder), folder, environment)
        port = stack.enter_context(workbench(folder, environment))
        failed = [part for part in parts if not drive(part, folder, port, environment)]
    if failed:
        print(f"Failed: {', '.join(failed)}. What is left is in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


def environment_of(folder: Path, key: str) -> dict[str, str]:
    """No more than a workbench needs, so that nothing of the machine's user takes part."""
    folders = [RIG / "node" / "bin", PROJECT / ".venv" / "bin", "/usr/local/bin", "/usr/bin", "/bin"]
    path = os.pathsep.join(str(it) for it in folders)
    (folder / "home").mkdir()
    # The workbench asks a login shell for the environment of its extensions.
    (folder / "home" / ".profile").write_text(f'export PATH="{path}"\n', "utf-8")
    (folder / "settings.toml").write_text("confirm_above = 0\n", "utf-8")
    return {
        "HOME": str(folder / "home"),
        "PATH": path,
        "LANG": "C.UTF-8",
        "DSPY_LENS_STATE": str(folder / "state"),
        "DSPY_LENS_CACHE": str(folder / "cache"),
        "DSPY_LENS_CONFIG": str(folder / "settings.toml"),
        "DSPY_LENS_IDLE_SECONDS": "30",
        "OPENAI_API_KEY": key,
        "LENS_TEST_LOG": str(folder / "tests.log"),
    }


def server_command(folder: Path) -> list[str]:
    entry = RIG / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    places = ["--user-data-dir", folder / "data", "--extensions-dir", folder / "extensions"]
    return [
        str(it) for it in (RIG / "node" / "bin" / "node", entry, "--config", folder / "server.yaml", *places)
    ]


def pack_tests(folder: Path) -> Path:
    """The tests of the extension host, as an extension."""
    vsce = PROJECT / "client-vscode" / "node_modules" / "@vscode" / "vsce" / "vsce"
    vsix = folder / "tests.vsix"
    options = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", str(vsix)]
    command = [str(RIG / "node" / "bin" / "node"), str(vsce), "package", *options]
    subprocess.run(command, cwd=HERE / "exthost", check=True, capture_output=True)
    return vsix


def install(vsix: Path, folder: Path, environment: dict[str, str]) -> None:
    (folder / "server.yaml").write_text("auth: none\n", "utf-8")
    said = subprocess.run(
        [*server_command(folder), "--install-extension", str(vsix), "--force"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode != 0 or "successfully installed" not in said.stdout:
        raise SystemExit(f"{vsix} could not be installed:\n{said.stdout}{said.stderr}")


@contextmanager
def workbench(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """A running workbench; the port is one that the system found free."""
    user = folder / "data" / "User"
    user.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "settings.json", user / "settings.json")
    options = [
        "--auth",
        "none",
        "--bind-addr",
        "127.0.0.1:0",
        "--disable-telemetry",
        "--disable-update-check",
    ]
    options += [
        "--disable-getting-started-override",
        "--ignore-last-opened",
        "--reconnection-grace-time",
        "5",
    ]
    with (folder / "workbench.log").open("w") as log:
        process = subprocess.Popen(
            [*server_command(folder), *options],
            env=environment,
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


def drive(part: str, folder: Path, port: int, environment: dict[str, str]) -> bool:
    began = monotonic()
    said = {
        **environment,
        "LENS_RIG": str(RIG),
        "LENS_PORT": str(port),
        "LENS_WORK": str(folder / "work"),
        "LENS_STATE": environment["DSPY_LENS_STATE"],
        "LENS_PICTURES": str(PROJECT / "docs" / "pictures"),
        "LENS_BROWSER": browser(),
    }
    ended = subprocess.run(
        [str(RIG / "node" / "bin" / "node"), str(HERE / f"{part}.mjs")], env=said, check=False
    ).returncode
    print(f"{'ok' if ended == 0 else 'FAILED'}  {part}  {monotonic() - began:.0f} s", flush=True)
    return ended == 0


def browser() -> str:
    found = (shutil.which(it) for it in ("chromium", "chromium-browser", "google-chrome"))
    return next((it for it in found if it), "chromium")


def stop_daemons(work: Path, environment: dict[str, str]) -> None:
    for root in sorted(it for it in work.iterdir() if it.is_dir()):
        command = [
            str(PROJECT / ".venv" / "bin" / "dspy-lens"),
            "daemon",
            "stop",
            "--root",
            str(root),
            "--json",
        ]
        subprocess.run(command, env=environment, capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), tuple(sys.argv[2:]) or PARTS))
