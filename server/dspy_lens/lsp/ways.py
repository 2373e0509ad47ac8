"""The handlers of symbols, definitions, references and renaming: each finds, asks, converts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dspy_lens.lsp import navigation, renaming, symbols

if TYPE_CHECKING:
    from dspy_lens.lsp.server import LensServer


async def document_symbols(
    ls: "LensServer", params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    return await symbols.document_symbols(ls.session, params.text_document.uri)


async def workspace_symbols(
    ls: "LensServer", params: types.WorkspaceSymbolParams
) -> list[types.WorkspaceSymbol]:
    return await symbols.workspace_symbols(ls.session, params.query)


async def definition(ls: "LensServer", params: types.DefinitionParams) -> list[types.Location]:
    return await navigation.definition(ls.session, params.text_document.uri, params.position)


async def references(ls: "LensServer", params: types.ReferenceParams) -> list[types.Location]:
    return await navigation.references(ls.session, params.text_document.uri, params.position)


async def prepare_rename(ls: "LensServer", params: types.PrepareRenameParams) -> types.Range | None:
    return await renaming.prepare(ls.session, params.text_document.uri, params.position)


async def rename(ls: "LensServer", params: types.RenameParams) -> types.WorkspaceEdit:
    return await renaming.renamed(ls.session, params.text_document.uri, params.position, params.new_name)


HANDLERS: Mapping[str, Any] = {
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: document_symbols,
    types.WORKSPACE_SYMBOL: workspace_symbols,
    types.TEXT_DOCUMENT_DEFINITION: definition,
    types.TEXT_DOCUMENT_REFERENCES: references,
    types.TEXT_DOCUMENT_PREPARE_RENAME: prepare_rename,
}
