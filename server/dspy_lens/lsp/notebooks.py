"""Notebooks that an editor has open: documents of several cells, each with a URI of its own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from dspy_lens.lsp.convert import path_of
from dspy_lens.lsp.documents import Document
from dspy_lens.source.python import NOTEBOOK

if TYPE_CHECKING:
    from dspy_lens.lsp.server import LensServer

# Without a filter for cells: an editor sends all of them then, and the index of a cell counts them all.
SYNC = types.NotebookDocumentSyncOptions(
    [types.NotebookDocumentFilterWithNotebook(types.NotebookDocumentFilterNotebookType("jupyter-notebook"))],
    save=True,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as an editor has it; `is_python` tells whether its text is code of this notebook."""

    uri: str
    text: str
    version: int | None
    is_python: bool


class Notebook(Document):
    """One open notebook. Its `text` is that of an `.ipynb` file with the same cells."""

    def __init__(self, uri: str, path: str, cells: Sequence[Cell], version: int | None) -> None:
        super().__init__(uri, path, as_file(cells), version)
        self.cells = tuple(cells)

    def edit_cells(self, cells: Sequence[Cell], version: int | None) -> None:
        self.cells = tuple(cells)
        self.edit(as_file(cells), version)

    def cell(self, index: int | None) -> Cell | None:
        return self.cells[index] if index is not None and index < len(self.cells) else None


def as_file(cells: Sequence[Cell]) -> str:
    kinds = {True: "code", False: "markdown"}
    return json.dumps({"cells": [{"cell_type": kinds[it.is_python], "source": it.text} for it in cells]})


def cells_of(server: "LensServer", notebook: types.NotebookDocument) -> tuple[Cell, ...]:
    """The cells in their order, with the texts that the editor sent."""
    return tuple(_cell(server, it) for it in notebook.cells)


def _cell(server: "LensServer", cell: types.NotebookCell) -> Cell:
    document = server.workspace.get_text_document(cell.document)
    is_code = cell.kind == types.NotebookCellKind.Code and document.language_id in ("python", None)
    return Cell(cell.document, document.source, document.version, is_code)


def did_open(ls: "LensServer", params: types.DidOpenNotebookDocumentParams) -> None:
    it = params.notebook_document
    path = path_of(it.uri, ls.session.workspace.root)
    if path is not None and path.endswith(NOTEBOOK):
        ls.session.documents.open(Notebook(it.uri, path, cells_of(ls, it), it.version))
        ls.problems.look_again()


def did_change(ls: "LensServer", params: types.DidChangeNotebookDocumentParams) -> None:
    notebook = ls.workspace.get_notebook_document(notebook_uri=params.notebook_document.uri)
    path = path_of(params.notebook_document.uri, ls.session.workspace.root)
    if path is None or notebook is None:
        return
    document = ls.session.documents.at(path)
    if isinstance(document, Notebook):
        document.edit_cells(cells_of(ls, notebook), notebook.version)
        ls.session.documents.touch()
        ls.problems.look_again()


def did_save(ls: "LensServer", params: types.DidSaveNotebookDocumentParams) -> None:
    if (path := path_of(params.notebook_document.uri, ls.session.workspace.root)) is not None:
        ls.session.take_in(path)


def did_close(ls: "LensServer", params: types.DidCloseNotebookDocumentParams) -> None:
    if (path := path_of(params.notebook_document.uri, ls.session.workspace.root)) is not None:
        ls.session.documents.close(path)
        ls.problems.look_again()


HANDLERS = {
    types.NOTEBOOK_DOCUMENT_DID_OPEN: did_open,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE: did_change,
    types.NOTEBOOK_DOCUMENT_DID_SAVE: did_save,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE: did_close,
}
