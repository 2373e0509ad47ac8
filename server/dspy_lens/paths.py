"""Where things of one root live: standard library and platformdirs only, since the pump imports it.

A root is the top of the repository that a folder lies in, else the folder itself, so that opening a
subfolder finds the same results. State lies in the user's state folder, owner-only, and never in the
repository: an untrusted repository can not bring its own.
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

import platformdirs

APP = "dspy-lens"
# A unix socket's path ends at 104 bytes on macOS and 108 on Linux, the closing zero included.
SOCKET_BYTES = 100


def root_of(folder: Path) -> Path:
    """The top of the repository that `folder` lies in, else the folder itself; symlinks are resolved."""
    folder = folder.resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return folder


def home_of(folder: Path) -> tuple[Path, str]:
    """The root that a folder is read in where nothing else names one, and what of it concerns the folder.

    Outside of any repository a folder inside of a package is read where that package is imported from (past `src`),
    with nothing else that lies there.
    """
    folder, top = folder.resolve(), root_of(folder)
    if top != folder or (top / ".git").exists() or not (top / "__init__.py").exists():
        return top, ""
    while (top / "__init__.py").exists() and top.parent != top:
        folder, top = top, top.parent
    root = top.parent if top.name == "src" else top
    return root, folder.relative_to(root).as_posix()


class Paths(NamedTuple):
    """The folders and files of one root. Nothing is created by asking.

    No dataclass, since importing these takes a fifth of what an editor waits for the pump.
    """

    root: Path
    state: Path
    cache: Path
    user_settings: Path

    @classmethod
    def of(cls, root: Path, environment: "os._Environ[str] | dict[str, str]" = os.environ) -> "Paths":
        short = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]
        state = environment.get("DSPY_LENS_STATE")
        cache = environment.get("DSPY_LENS_CACHE")
        config = environment.get("DSPY_LENS_CONFIG")
        return cls(
            root=root.resolve(),
            state=(Path(state) if state else platformdirs.user_state_path(APP)) / short,
            cache=Path(cache) if cache else platformdirs.user_cache_path(APP) / "lm",
            user_settings=Path(config) if config else platformdirs.user_config_path(APP) / "settings.toml",
        )

    @property
    def store(self) -> Path:
        return self.state / "store.db"

    @property
    def runs(self) -> Path:
        return self.state / "runs"

    @property
    def sources(self) -> Path:
        """Examples that were got from elsewhere."""
        return self.state / "sources"

    @property
    def interpreter(self) -> Path:
        """What the Python that runs the user's code said of itself."""
        return self.state / "interpreter.json"

    @property
    def lock(self) -> Path:
        return self.state / "daemon.lock"

    @property
    def start_lock(self) -> Path:
        return self.state / "start.lock"

    @property
    def daemon(self) -> Path:
        """What a client needs to attach: process, version, token."""
        return self.state / "daemon.json"

    @property
    def log(self) -> Path:
        return self.state / "daemon.log"

    @property
    def socket(self) -> Path:
        """Where the daemon listens: in the state folder, or a short private one where that path is too long."""
        usual = self.state / "daemon.sock"
        if len(os.fsencode(usual)) <= SOCKET_BYTES:
            return usual
        name = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"{APP}-{os.getuid()}" / f"{name}.sock"

    def make(self) -> None:
        """Makes the state folder, owner-only."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.state.chmod(0o700)
        self.runs.mkdir(exist_ok=True, mode=0o700)


def private_folder(folder: Path) -> Path:
    """The folder, made when it is missing; raises PermissionError when it is another user's or a link."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise PermissionError(
            f"{folder} belongs to someone else. Remove it, or set TMPDIR to another folder."
        )
    if status.st_mode & 0o077:
        folder.chmod(0o700)
    return folder
