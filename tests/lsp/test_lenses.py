"""Lenses over the wire: on the right lines, of what each window has open, in the client's own units."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]
NEVER = "▶ Optimize this signature · est. {} calls | no score yet · 40 examples · exact"
NEW = """
    import dspy


    class Other(dspy.Signature):
        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()


    class QA(dspy.Signature):
        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()
    """


async def test_a_signature_has_two_lenses_on_its_class_line(window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    found = await editor.code_lenses("app.py")
    assert [it.range.start.line for it in found] == [4, 4]
    texts = await editor.lenses("app.py")
    assert texts[5].startswith("▶ Optimize this signature · est. ")
    assert texts[5].endswith(" calls | no score yet · 40 examples · exact")


async def test_lenses_stay_at_the_right_lines_while_the_file_is_broken(window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    editor.change("app.py", "def broken(:\n" + editor.texts["app.py"])
    assert list(await editor.lenses("app.py")) == [6]


async def test_a_window_sees_its_own_unsaved_text_and_others_see_the_disk(window: Window) -> None:
    one, two = await window(), await window()
    one.open("app.py")
    two.open("app.py")
    one.change("app.py", NEW)
    assert list(await one.lenses("app.py")) == [5, 10]
    assert list(await two.lenses("app.py")) == [5]


async def test_saved_text_reaches_what_is_asked_of_the_disk(home: Home, window: Window) -> None:
    one, two = await window(), await window()
    one.open("app.py")
    one.change("app.py", NEW)
    one.save("app.py")
    await two.until(lambda: two.changes)
    names = [it["name"] for it in (await two.request("dspyLens/targets"))["targets"]]
    assert names == ["app:Other", "app:QA"]


async def test_a_change_that_no_editor_reports_refreshes_the_lenses(home: Home, window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    assert "40 examples" in (await editor.lenses("app.py"))[5]
    home.write("qa.jsonl", '{"question": "Is 2 even?", "answer": true}\n')
    text = await editor.until_lens("app.py", lambda it: "1 example " in it)
    assert "no score yet · 1 example · exact" in text


@pytest.mark.parametrize("said", ["enabled = false", 'exclude = ["*.jsonl", "app.py"]'])
async def test_settings_can_leave_files_without_lenses(home: Home, window: Window, said: str) -> None:
    home.write("dspy-lens.toml", f'model = "offline"\n[code_lens]\n{said}\n')
    editor = await window()
    for path in ("app.py", "qa.jsonl"):
        editor.open(path)
        assert await editor.code_lenses(path) == []


async def test_lenses_of_other_files_stay_where_some_are_excluded(home: Home, window: Window) -> None:
    home.write("dspy-lens.toml", 'model = "offline"\n[code_lens]\nexclude = ["tests/**"]\n')
    editor = await window()
    editor.open("app.py")
    assert list(await editor.lenses("app.py")) == [5]


async def test_many_keystrokes_are_all_answered_with_the_newest_text(window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    asked = []
    for number in range(50):
        editor.change("app.py", "\n" * number + editor.texts["app.py"].lstrip())
        asked.append(asyncio.create_task(editor.lenses("app.py")))
    answers = await asyncio.gather(*asked)
    assert list(answers[-1]) == [49 + 4]


async def test_files_elsewhere_and_unknown_schemes_have_no_lenses(home: Home, window: Window) -> None:
    editor = await window()
    outside = home.base / "outside.py"
    outside.write_text("import dspy\n\nclass X(dspy.Signature):\n    a: str = dspy.InputField()\n")
    for uri in (outside.as_uri(), "untitled:Untitled-1", "git:/app.py"):
        editor.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, "import dspy"))
        )
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        assert list(await editor.client.text_document_code_lens_async(params) or ()) == []


@pytest.mark.parametrize(("encoding", "columns"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
async def test_columns_count_in_the_units_that_were_agreed_on(
    home: Home, encoding: str, columns: int, window: Window
) -> None:
    home.write("emoji.py", 'import dspy\nprint("😀"); qa = dspy.Predict("question -> answer: bool")\n')
    editor = Editor(home)
    await editor.start()
    capabilities = client_capabilities("neovim@v0.11")
    assert capabilities.general
    capabilities.general.position_encodings = [types.PositionEncodingKind(encoding)]
    result = await editor.initialize(capabilities)
    assert result.capabilities.position_encoding == encoding
    editor.open("emoji.py")
    first = (await editor.code_lenses("emoji.py"))[0]
    await editor.leave()
    before = len('print(""); qa = dspy.Predict(') + columns
    assert (first.range.start.line, first.range.start.character) == (1, before)


async def test_commands_are_announced_unless_the_client_registers_them_itself(
    home: Home, window: Window
) -> None:
    for wanted in (True, False):
        editor = Editor(home)
        await editor.start()
        result = await editor.initialize("visual_studio_code", **({} if wanted else {"commands": False}))
        await editor.leave()
        assert (result.capabilities.execute_command_provider is not None) == wanted
        experimental: Any = result.capabilities.experimental
        assert "dspyLens.optimize" in experimental["commands"]


async def test_hovering_the_class_line_tells_about_the_target(window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    text = await editor.hover("app.py", 5)
    assert text is not None
    assert "QA: question: str -> answer: bool" in text
    assert "40 examples in `qa.jsonl` · metric `exact`" in text
    assert await editor.hover("app.py", 1) is None
