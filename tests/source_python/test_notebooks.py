"""Notebooks: `.ipynb` files by their cells, and marimo's, where cells are functions."""

import json
from typing import Any

import dspy
import pytest

from dspy_lens.source.python import Project, read_cells, read_python
from dspy_lens.source.python.edits import instructions_edit
from dspy_lens.source.python.notebooks import as_python, with_edits
from support.notebooks import code, markdown, notebook
from support.source import as_dspy_has_it, as_read, one, read

QA = '''
    class QA(dspy.Signature):
        """Answer."""

        question: str = dspy.InputField(desc="what is asked")
        answer: str = dspy.OutputField()
    '''


def in_notebook(*cells: dict[str, object]) -> Project:
    return Project({"nb/qa.ipynb": read_python("nb/qa.ipynb", notebook(*cells))})


def places(found: Project) -> list[tuple[str, int | None, int]]:
    return [(it.name, it.span.cell, it.span.line) for it in found.all()]


def test_a_cell_counts_among_all_cells_and_its_lines_from_one() -> None:
    found = in_notebook(
        markdown("# Questions\nclass NotOne(dspy.Signature): ..."),
        code("import dspy"),
        markdown("and now"),
        code(QA + "\n    predict = dspy.Predict('text -> label')"),
    )
    assert places(found) == [("nb/qa.ipynb:QA", 3, 1), ("nb/qa.ipynb:predict", 3, 7)]
    qa = one(found, "QA")
    assert (qa.docstring and (qa.docstring.cell, qa.docstring.line)) == (3, 2)
    assert [(it.span and (it.span.cell, it.span.line)) for it in qa.inputs] == [(3, 4)]


def test_a_notebook_is_read_as_dspy_has_it_when_its_cells_run() -> None:
    cells = [
        "import dspy\nRULES = 'Be brief.'",
        QA,
        "class Cited(QA):\n    sources: list[str] = dspy.OutputField(desc='where')",
        "short = dspy.Signature('text -> label: bool', RULES)",
    ]
    found = in_notebook(*(code(it) for it in cells))
    ran: dict[str, object] = {}
    for cell in json.loads(notebook(*(code(it) for it in cells)))["cells"]:
        exec("".join(cell["source"]), ran)
    for name in ("QA", "Cited", "short"):
        assert as_read(one(found, name)) == as_dspy_has_it(ran[name])


def test_a_broken_cell_leaves_the_others_whole() -> None:
    found = in_notebook(code("import dspy"), code("x = (1,\n'''"), code(QA), code("def broken(:"), code(QA))
    assert places(found) == [("nb/qa.ipynb:QA", 2, 1), ("nb/qa.ipynb:QA#2", 4, 1)]


def test_magics_are_no_python_and_move_nothing() -> None:
    found = in_notebook(
        code("%pip install dspy\n!ls -la\nimport dspy\n%load_ext autoreload\ndspy.LM?\nfiles = !ls"),
        code("%%time\nfast = dspy.Predict('a -> b')"),
        code("%%bash\ncat <<E\nx = dspy.Predict('c -> d')\nE"),
        code("%%writefile out.py\ny = dspy.Predict('e -> f')"),
        code(
            "%time timed = dspy.Predict('g -> h')\nif fast:\n    %matplotlib inline\n    !echo hi \\\n      there"
        ),
        code("text = '''\n%d -> !\n'''\n%matplotlib inline\nlast = dspy.Predict('i -> j')"),
    )
    assert places(found) == [
        ("nb/qa.ipynb:fast", 1, 2),
        ("nb/qa.ipynb:timed", 4, 1),
        ("nb/qa.ipynb:last", 5, 5),
    ]
    assert one(found, "timed").span.column == len("%time timed = dspy.Predict(")


def test_magics_leave_every_line_where_it_was() -> None:
    cell = "x = 1\n!pip install \\\n  dspy\n%%notfirst\ny = '%s' % x\n?help\nhelp??\nz = %env HOME"
    assert as_python(cell).count("\n") == cell.count("\n")
    assert as_python(cell).split("\n")[4] == "y = '%s' % x"


HELPERS = """
import dspy

class Base(dspy.Signature):
    \'\'\'Of another file.\'\'\'
    text: str = dspy.InputField(desc="shared")
"""


@pytest.mark.parametrize("line", ["%run helpers.py", "%run -i ./helpers", "%run 'helpers.ipynb'  # shared"])
def test_what_run_brings_is_there_in_the_cells_below(line: str) -> None:
    below = "class Below(Base):\n    label: str = dspy.OutputField()\nshort = dspy.Predict('text -> short')"
    other = "helpers.ipynb" if "ipynb" in line else "helpers.py"
    files = {
        f"lab/{other}": notebook(code(HELPERS)) if "ipynb" in line else HELPERS,
        "lab/n.ipynb": notebook(code(line), code(below)),
    }
    project = Project({path: read_python(path, text) for path, text in files.items()})
    ran: dict[str, Any] = {}
    exec(HELPERS, ran)
    exec(below, ran)
    assert as_read(one(project, "Below")) == as_dspy_has_it(ran["Below"])
    assert one(project, "short").span.cell == 1


def test_a_notebook_named_like_a_module_is_not_imported_for_it() -> None:
    text = "import dspy\np = dspy.Predict('a -> b')"
    files = {
        "dspy.ipynb": notebook(code("x = 1")),
        "lab/dspy.ipynb": notebook(code(text)),
        "lab/app.py": text,
    }
    project = Project({path: read_python(path, text) for path, text in files.items()})
    assert sorted(it[0] for it in places(project)) == ["lab.app:p", "lab/dspy.ipynb:p"]


def test_older_formats_and_other_languages() -> None:
    old = {
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["import dspy\n", "p = dspy.Predict('a -> b')"]}]}
        ]
    }
    found = Project({"old.ipynb": read_python("old.ipynb", json.dumps(old))})
    assert places(found) == [("old.ipynb:p", 0, 2)]
    other = notebook(code("p = dspy.Predict('a -> b')"), language="R")
    assert places(Project({"r.ipynb": read_python("r.ipynb", other)})) == []


def test_what_is_no_notebook_declares_nothing() -> None:
    for text in (
        "",
        "{",
        "[1]",
        '{"cells": 3}',
        '{"cells": [null, {"cell_type": "code", "source": 1}]}',
        "dspy",
    ):
        assert places(Project({"x.ipynb": read_python("x.ipynb", text)})) == []


def test_cells_of_an_editor_are_read_like_those_of_a_file() -> None:
    found = Project({"n.ipynb": read_cells("n.ipynb", ["import dspy", "", "p = dspy.Predict('a -> b')"])})
    assert places(found) == [("n.ipynb:p", 2, 1)]


def test_instructions_go_into_the_right_cell() -> None:
    text = notebook(markdown("# x"), code("import dspy"), code(QA))
    found = Project({"n.ipynb": read_python("n.ipynb", text)})
    edit = instructions_edit(text, one(found, "QA"), "Answer in one word.")
    assert (edit.span.cell, edit.span.line) == (2, 2)
    after = with_edits(text, [(edit.span, edit.text)])
    read_again = one(Project({"n.ipynb": read_python("n.ipynb", after)}), "QA")
    assert read_again.instructions == "Answer in one word."
    changed = [it for it in zip(text.split("\n"), after.split("\n"), strict=True) if it[0] != it[1]]
    assert len(changed) == 1


MARIMO = '''
    import marimo

    app = marimo.App()


    @app.cell
    def _():
        import dspy
        return (dspy,)


    @app.cell
    def _(dspy):
        class QA(dspy.Signature):
            """Answer."""

            question: str = dspy.InputField()
            answer: str = dspy.OutputField(desc="short")

        return (QA,)


    @app.cell(hide_code=True)
    def _(dspy, QA):
        class Cited(QA):
            source: str = dspy.OutputField()

        cite = dspy.ChainOfThought(Cited)
        label = dspy.Predict("text -> label")
        return cite, label


    if __name__ == "__main__":
        app.run()
    '''


def test_marimo_hands_names_from_cell_to_cell() -> None:
    found = read(MARIMO)
    assert [it.qualname for it in found.all()] == ["_.<locals>.QA", "_.<locals>.Cited", "_.<locals>.label"]

    class Parent(dspy.Signature):  # type: ignore[misc]
        """Answer."""

        question: str = dspy.InputField()
        answer: str = dspy.OutputField(desc="short")

    class Cited(Parent):
        source: str = dspy.OutputField()

    assert as_read(one(found, "_.<locals>.Cited")) == as_dspy_has_it(Cited)
    assert one(found, "_.<locals>.Cited").wrapper == "ChainOfThought"


def test_a_parameter_named_dspy_is_dspy_in_functions_and_in_cells() -> None:
    text = "def f(dspy, numpy):\n    return dspy.Predict('a -> b'), numpy.Predict('x -> y')\n"
    assert [it.outputs[0].name for it in read(text).all()] == ["b"]
    cell = "import marimo\napp = marimo.App()\n@app.cell\ndef f(dspy):\n    p = dspy.Predict('a -> b')\n"
    assert [it.qualname for it in read(cell).all()] == ["f.<locals>.p"]
