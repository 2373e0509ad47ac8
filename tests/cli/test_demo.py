"""`dspy-lens demo`: the main job in one command, without key, network or questions."""

from support.terminal import Desk


def test_the_demo_shows_the_main_job(desk: Desk) -> None:
    try:
        text = desk.run("demo", "here").expect().out
    finally:
        desk.run("daemon", "stop", "--root", "here").expect()
    before, after = (line for line in text.splitlines() if " | " in line and "class" not in line)
    assert "▶ Optimize this signature · est. " in before
    assert "no score yet · 220 examples" in before
    assert "▶ Optimize again · cached" in after
    assert "practice model" in after
    assert "it is no language" in text
    assert "✓ succeeded: " in text
    assert "Answered from the store in " in text
    assert "code " in text
    assert "vim.lsp.enable" in text


def test_the_demo_leaves_a_folder_that_is_in_use_alone(desk: Desk) -> None:
    desk.write({"here/own.txt": "mine"})
    answer = desk.run("demo", "here").expect(1)
    assert "is not empty. Name a new folder: dspy-lens demo FOLDER" in answer.err
    assert [it.name for it in (desk.root / "here").iterdir()] == ["own.txt"]
