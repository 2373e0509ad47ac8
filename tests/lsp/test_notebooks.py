"""Notebooks in an editor: lenses, hovers and problems in their cells, and a run with what follows from it."""

from collections.abc import Awaitable, Callable

from lsprotocol import types

from support.lens_client import Editor, Home
from support.notebooks import code, markdown, notebook

Window = Callable[..., Awaitable[Editor]]

QA = '''
    class QA(dspy.Signature):
        """Answer the question."""

        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()
    '''
CELLS = ("# Questions", "%pip install dspy\nimport dspy", QA)


async def test_lenses_and_hovers_stand_in_their_cell(window: Window) -> None:
    editor = await window()
    editor.open_notebook("qa.ipynb", *CELLS)
    assert list(await editor.lenses("qa.ipynb#2")) == [1]
    assert "Optimize this signature" in (await editor.lenses("qa.ipynb#2"))[1]
    assert await editor.lenses("qa.ipynb#1") == {}
    hover = await editor.hover("qa.ipynb#2", 1)
    assert hover is not None
    assert "QA" in hover
    assert await editor.hover("qa.ipynb#1", 1) is None


async def test_cells_that_come_and_change_are_followed(window: Window) -> None:
    editor = await window()
    editor.open_notebook("qa.ipynb", *CELLS)
    editor.insert_cell("qa.ipynb", 1, "x = 1")
    editor.change_cell(
        "qa.ipynb", 3, "\n\ny = 2\n" + "class Other(dspy.Signature):\n    a = dspy.InputField()"
    )
    assert await editor.lenses("qa.ipynb#2") == {}
    assert list(await editor.lenses("qa.ipynb#3")) == [2]
    found = await editor.request("dspyLens/targets", {"path": "qa.ipynb"})
    assert [(it["name"], it["cell"], it["line"]) for it in found["targets"]] == [("qa.ipynb:Other", 3, 2)]


async def test_problems_are_told_in_their_cell_and_taken_back(window: Window) -> None:
    editor = await window()
    editor.open_notebook("qa.ipynb", "import dspy", "p = dspy.Predict('a -> b -> c')")
    cell = editor.uri("qa.ipynb#1")
    (told,) = await editor.until(lambda: editor.client.diagnostics.get(cell))
    assert (told.code, told.range.start) == ("signature-arrow", types.Position(0, 17))
    editor.change_cell("qa.ipynb", 1, "p = dspy.Predict('a -> b')")
    await editor.until(lambda: not editor.client.diagnostics.get(cell))


async def test_the_file_itself_is_found_when_the_notebook_is_closed(home: Home, window: Window) -> None:
    home.write("qa.ipynb", notebook(markdown("# Q"), code("import dspy"), code(QA)))
    editor = await window()
    editor.open_notebook("qa.ipynb", "import dspy")
    found = await editor.request("dspyLens/targets", {"path": "qa.ipynb"})
    assert found["targets"] == []
    editor.close_notebook("qa.ipynb")
    found = await editor.request("dspyLens/targets", {"path": "qa.ipynb"})
    assert [(it["name"], it["cell"]) for it in found["targets"]] == [("qa.ipynb:QA", 2)]


async def test_a_signature_of_a_notebook_is_optimized_and_the_result_goes_into_its_cell(
    home: Home, window: Window
) -> None:
    home.write("qa.ipynb", notebook(*(markdown(it) if it.startswith("# ") else code(it) for it in CELLS)))
    editor = await window(trusted=True)
    editor.open_notebook("qa.ipynb", *CELLS)
    parameters = {"max_labeled_demos": 0, "max_bootstrapped_demos": 0}
    started = await editor.command(
        "optimize", target="qa.ipynb:QA", optimizer="miprov2", parameters=parameters
    )
    assert "run" in started, started
    finished = await editor.finished(started["run"])
    assert finished["state"] == "succeeded", finished
    assert await editor.until_lens("qa.ipynb#2", lambda it: "cached" in it)
    answer = await editor.command("apply", run=started["run"])
    if editor.edits:
        (change,) = editor.edits[0].document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.uri == editor.uri("qa.ipynb#2")
        assert change.edits[0].range.start.line == 1
    else:
        assert answer["note"] == "The source already has these instructions."
