"""JSON-RPC as pygls does it, but strict: every request is answered once, whatever came before or is in it."""

import asyncio
import contextvars
import json
import logging
from collections.abc import Generator
from concurrent.futures import InvalidStateError
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, LanguageServerProtocol, lsp_method

from dspy_lens.lsp.commands import COMMANDS, run_command

if TYPE_CHECKING:
    from dspy_lens.lsp.server import LensServer

log = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002

Message = dict[str, Any]


class LensProtocol(LanguageServerProtocol):
    """One session's protocol. `receive` is its only way in."""

    _server: "LensServer"
    _initialized = False

    def receive(self, body: bytes) -> None:
        """Handles one message; what cannot be handled is answered with an error, never with silence."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            self._fail(None, PARSE_ERROR, "The message is not JSON.")
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self._fail(None, INVALID_REQUEST, "The message is not a JSON-RPC 2.0 object.")
        elif "method" not in message:
            self._receive_response(message)
        elif "id" in message:
            self._receive_request(message)
        else:
            self._receive_notification(message)

    def _receive_request(self, message: Message) -> None:
        number, method = message["id"], message["method"]
        if not isinstance(number, str | int) or not isinstance(method, str):
            self._fail(None, INVALID_REQUEST, "A request needs a string or number as id, and a method.")
        elif self._shutdown or (self._initialized and method == types.INITIALIZE):
            self._fail(number, INVALID_REQUEST, f"{method} does not fit here: the session is past that.")
        elif not self._initialized and method != types.INITIALIZE:
            self._fail(number, NOT_INITIALIZED, "The session is not initialized.")
        else:
            self._handle(message, number, method)

    def _handle(self, message: Message, number: str | int, method: str) -> None:
        try:
            request = self._structure(message, method, JsonRPCRequestMessage)
        except Exception as error:
            self._fail(
                number, INVALID_PARAMS, f"The parameters of {method} cannot be read: {first_line(error)}"
            )
            return
        if getattr(request, "id", None) != number:
            self._fail(number, INVALID_REQUEST, f"{method} is a notification and takes no id.")
            return
        self._initialized = True
        contextvars.copy_context().run(self._handle_request, number, method, getattr(request, "params", None))

    def _receive_notification(self, message: Message) -> None:
        method = message["method"]
        if method == types.EXIT:
            self._server.exited = True
        elif isinstance(method, str) and self._initialized and not self._shutdown:
            try:
                notification = self._structure(message, method, JsonRPCNotification)
            except Exception as error:
                log.warning("Left out a %s that cannot be read: %s", method, first_line(error))
                return
            params = getattr(notification, "params", None)
            contextvars.copy_context().run(self._handle_notification, method, params)

    def _receive_response(self, message: Message) -> None:
        number = message.get("id")
        # Only what was asked here: clients' own ids share one table with these in pygls.
        if not isinstance(number, str) or number not in self._result_types:
            return
        del self._result_types[number]
        error = message.get("error")
        try:
            if isinstance(error, dict):
                wrong = types.ResponseError(
                    code=int(error.get("code", 0)), message=str(error.get("message", ""))
                )
                self._handle_response(number, None, wrong)
            else:
                self._handle_response(number, message.get("result"))
        except (InvalidStateError, ValueError, TypeError):
            return  # nobody waits for it any more

    def _structure(self, message: Message, method: str, fallback: type[Any]) -> Any:
        known = self.get_message_type(method)
        if known is not None:
            return self._converter.structure(message, known)
        given = {"method": method, "jsonrpc": "2.0", "params": message.get("params")}
        return fallback(**given, **({"id": message["id"]} if "id" in message else {}))

    def _fail(self, number: str | int | None, code: int, text: str) -> None:
        self._send_data({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}})

    async def ask(self, method: str, params: Any) -> Any:
        """What the client answers, as plain JSON; None when it answers with an error."""
        try:
            return await self.send_request_async(method, params)
        except JsonRpcException:
            return None

    def unanswered(self) -> list[asyncio.Future[Any]]:
        """Requests of the client that are still worked on."""
        futures: list[Any] = list(self._request_futures.values())
        return [it for it in futures if isinstance(it, asyncio.Future)]

    # pygls keeps every protocol object alive in the caches of these two; a daemon sees many sessions.
    def get_message_type(  # type: ignore[override]
        self, method: str
    ) -> type[Any] | None:
        return types.METHOD_TO_TYPES.get(method, (None, None))[0]

    def get_result_type(  # type: ignore[override]
        self, method: str
    ) -> type[Any] | None:
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result: types.InitializeResult = yield from super().lsp_initialize(params)
        options = params.initialization_options
        announced = not (isinstance(options, dict) and options.get("commands") is False)
        provider = types.ExecuteCommandOptions(commands=list(COMMANDS)) if announced else None
        result.capabilities.execute_command_provider = provider
        result.capabilities.experimental = {"commands": list(COMMANDS)}
        return result

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        arguments = params.arguments or ()
        return await run_command(self._server.session, params.command, arguments[0] if arguments else None)


def first_line(error: BaseException) -> str:
    """The innermost sentence of an error; cattrs wraps what went wrong in groups."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}".partition("\n")[0][:200]
