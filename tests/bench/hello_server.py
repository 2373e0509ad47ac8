"""A bare hello-world pygls server: the floor that attaching is measured against."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("hello", "1")


@server.feature(types.TEXT_DOCUMENT_CODE_LENS)
def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
    place = types.Position(0, 0)
    return [types.CodeLens(types.Range(place, place), types.Command("hello", "hello"))]


if __name__ == "__main__":
    server.start_io()
