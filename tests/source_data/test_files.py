"""Which files of a root are read."""

import contextlib
import os
import subprocess
from pathlib import Path

from dspy_lens.source.files import Ignore, find_files, root_of, snapshot


def made(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    return root


def found(root: Path, *exclude: str) -> list[str]:
    return sorted(find_files(root, exclude))


def test_built_in_folders_are_left_out(tmp_path: Path) -> None:
    left_out = [".git/config", ".venv/a.py", "node_modules/a.js", "a/__pycache__/a.pyc", "build/lib/a.py"]
    made(tmp_path, "a/b.py", "dist/a.py", "x.egg-info/top", *left_out)
    assert found(tmp_path) == ["a/b.py"]


def test_any_folder_with_a_pyvenv_cfg_is_left_out(tmp_path: Path) -> None:
    made(tmp_path, "py311/pyvenv.cfg", "py311/lib/a.py", "env/a.py")
    assert found(tmp_path) == ["env/a.py"]


def test_a_package_called_build_is_read(tmp_path: Path) -> None:
    made(tmp_path, "app/build/__init__.py", "build/a.py")
    assert found(tmp_path) == ["app/build/__init__.py"]


def test_a_folder_called_build_right_inside_of_a_package_is_read(tmp_path: Path) -> None:
    made(tmp_path, "app/__init__.py", "app/build/a.py", "other/build/b.py")
    assert found(tmp_path) == ["app/__init__.py", "app/build/a.py"]


def test_a_gitignore_holds_from_its_folder_down(tmp_path: Path) -> None:
    made(tmp_path, "a/x.log", "a/b/y.log", "z.log", "a/keep.log")
    (tmp_path / "a/.gitignore").write_text("*.log\n!keep.log\n")
    assert found(tmp_path) == ["a/.gitignore", "a/keep.log", "z.log"]


def test_the_deepest_gitignore_that_speaks_of_a_file_decides(tmp_path: Path) -> None:
    made(tmp_path, "a/x.log", "b/x.log", "a/out/x.log")
    (tmp_path / ".gitignore").write_text("*.log\nout/\n")
    (tmp_path / "a/.gitignore").write_text("!x.log\n")
    assert found(tmp_path) == [".gitignore", "a/.gitignore", "a/x.log"]


def test_a_gitignore_may_bring_back_a_build_folder(tmp_path: Path) -> None:
    made(tmp_path, "build/a.py")
    (tmp_path / ".gitignore").write_text("!build/\n")
    assert found(tmp_path) == [".gitignore", "build/a.py"]


def test_a_line_that_is_no_pattern_leaves_the_others(tmp_path: Path) -> None:
    made(tmp_path, "a.log", "b.py")
    (tmp_path / ".gitignore").write_text("bad\\\n*.log\n")
    assert found(tmp_path) == [".gitignore", "b.py"]


def test_settings_exclude_more(tmp_path: Path) -> None:
    made(tmp_path, "a/x.py", "vendor/y.py", "a/vendor/z.py", "a/y_gen.py")
    assert found(tmp_path, "vendor/", "*_gen.py") == ["a/x.py"]


def test_links_in_a_circle_and_dead_ones_are_survived(tmp_path: Path) -> None:
    made(tmp_path, "a/x.py")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "dead.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "linked.py").symlink_to(tmp_path / "a/x.py")
    assert found(tmp_path) == ["a/x.py", "linked.py"]


def test_a_root_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert found(tmp_path / "gone") == []


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert found(tmp_path) == []


def test_a_snapshot_knows_time_and_size_and_may_be_of_one_folder(tmp_path: Path) -> None:
    made(tmp_path, "a/x.py", "b/y.py")
    stat = (tmp_path / "a/x.py").stat()
    assert snapshot(tmp_path, Ignore(tmp_path), "a") == {"a/x.py": (stat.st_mtime_ns, 1)}


def test_a_file_in_an_ignored_folder_is_ignored(tmp_path: Path) -> None:
    made(tmp_path, "out/deep/x.py")
    (tmp_path / ".gitignore").write_text("out/\n!x.py\n")
    assert Ignore(tmp_path).ignores("out/deep/x.py")
    assert not Ignore(tmp_path).ignores("x.py")


def test_rules_are_read_again_after_forgetting(tmp_path: Path) -> None:
    made(tmp_path, "x.py")
    ignore = Ignore(tmp_path)
    assert not ignore.ignores("x.py")
    (tmp_path / ".gitignore").write_text("x.py")
    ignore.forget()
    assert ignore.ignores("x.py")


def test_the_root_is_the_top_of_the_repository(tmp_path: Path) -> None:
    made(tmp_path, "repo/.git/HEAD", "repo/a/b/x.py", "plain/x.py")
    assert root_of(tmp_path / "repo/a/b") == tmp_path / "repo"
    assert root_of(tmp_path / "plain") == tmp_path / "plain"


def test_a_file_whose_name_is_no_text_is_not_read(tmp_path: Path) -> None:
    made(tmp_path, "ä.py")
    # Some file systems refuse such a name.
    with contextlib.suppress(OSError):
        (tmp_path / os.fsdecode(b"\xff.py")).write_text("x")
    assert found(tmp_path) == ["ä.py"]


def test_a_file_that_git_tracks_is_read_whatever_a_gitignore_says(tmp_path: Path) -> None:
    made(tmp_path, "data/kept.py", "data/other.py", "data/in/deep.py", "log.py", "new.py", "app.py")
    (tmp_path / ".gitignore").write_text("data/\nlog.py\nnew.py\n")
    assert found(tmp_path) == [".gitignore", "app.py"]
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "data/kept.py", "data/in/deep.py", "log.py", "app.py")
    assert found(tmp_path) == [".gitignore", "app.py", "data/in/deep.py", "data/kept.py", "log.py"]
    assert found(tmp_path, "data/in") == [".gitignore", "app.py", "data/kept.py", "log.py"]
    ignore = Ignore(tmp_path)
    assert ignore.ignores("new.py")
    git(tmp_path, "add", "-f", "new.py")
    ignore.forget()
    assert not ignore.ignores("new.py")


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)
