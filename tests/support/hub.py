"""A loopback server that answers as the Hub's dataset viewer does, with a log and orders to misbehave."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Rows = Sequence[dict[str, Any]]
MOST = 100  # rows of one page, as the real server has it


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its path, its query, and the token that came with it."""

    path: str
    query: dict[str, str]
    token: str | None


@dataclass
class Hub:
    """The server; a context manager. `parts` holds rows by dataset, configuration and split."""

    parts: Mapping[tuple[str, str, str], Rows]
    token: str | None = None  # what private datasets want
    failures: list[tuple[int, dict[str, str]]] = field(
        default_factory=list
    )  # status and headers, used up first
    truncated: frozenset[int] = frozenset()  # rows with cells that are too large
    raw: bytes | None = None  # an answer that is sent in place of the right one
    log: list[Asked] = field(default_factory=list)

    @property
    def base(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> "Hub":
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = hub.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, authorization: str | None) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        token = authorization.removeprefix("Bearer ") if authorization else None
        self.log.append(Asked(parts.path, query, token))
        if self.failures:
            status, headers = self.failures.pop(0)
            return status, headers, b'{"error": "The server is busier than usual."}'
        if self.raw is not None:
            return 200, {}, self.raw
        if self.token is not None and token != self.token:
            return 401, {}, b'{"error": "The dataset does not exist, or is not accessible."}'
        found = self._splits(query) if parts.path == "/splits" else self._rows(query)
        status = 404 if found is None else 200
        return status, {}, json.dumps(found or {"error": "Not found."}).encode()

    def _splits(self, query: dict[str, str]) -> dict[str, Any] | None:
        there = [
            {"dataset": name, "config": config, "split": split}
            for name, config, split in self.parts
            if name == query["dataset"]
        ]
        return {"splits": there, "pending": [], "failed": []} if there else None

    def _rows(self, query: dict[str, str]) -> dict[str, Any] | None:
        rows = self.parts.get((query["dataset"], query["config"], query["split"]))
        offset, length = int(query["offset"]), int(query["length"])
        if rows is None or length > MOST:
            return None
        page = [
            {"row_idx": at, "row": row, "truncated_cells": ["text"] if at in self.truncated else []}
            for at, row in enumerate(rows)
        ]
        return {
            "features": [],
            "rows": page[offset : offset + length],
            "num_rows_total": len(rows),
            "num_rows_per_page": MOST,
            "partial": False,
        }
