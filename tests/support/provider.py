"""A loopback server that speaks the OpenAI chat-completions protocol, with a log and orders to misbehave."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

KEY = "sk-loopback-4f9a7c21d8"
Behaviour = Literal["ok", "rate_limit", "error", "malformed", "empty", "drip", "hang", "refuse_key"]
Rule = Callable[
    [str, list[str], str], dict[str, Any]
]  # inputs, names of outputs, earlier messages -> answers
MARKER = re.compile(
    r"^\[\[ ## (\w+) ## \]\]\n(.*?)(?=\n\n\[\[ ## |\n\nRespond with |\n*\Z)", re.DOTALL | re.MULTILINE
)
OUTPUT = re.compile(r"`\[\[ ## (\w+) ## \]\]`")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as the server saw it; `at` is the monotonic time at which it had arrived."""

    at: float
    body: dict[str, Any]
    key: str
    status: int

    @property
    def text(self) -> str:
        return "\n".join(str(it.get("content")) for it in self.body.get("messages", []))

    @property
    def question(self) -> str:
        """The last message, which asks about one example."""
        return str(self.body["messages"][-1]["content"])


def echo(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """A word that is the same for the same inputs."""
    number = int(hashlib.sha256(inputs.encode()).hexdigest(), 16) % 7
    return dict.fromkeys(outputs, f"word{number}")


def keywords(words: dict[str, str], otherwise: str = "none") -> Rule:
    """Answers every output with what belongs to the first word that the inputs hold, however it is written."""

    def rule(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
        found = next((answer for word, answer in words.items() if word in inputs.lower()), otherwise)
        return dict.fromkeys(outputs, found)

    return rule


def copycat(answer: str, otherwise: str = "unsure") -> Rule:
    """Knows an answer only once an earlier message of its own shows it: demos make it better."""

    def rule(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
        return dict.fromkeys(outputs, answer if answer in earlier else otherwise)

    return rule


@dataclass
class Provider:
    """The server; a context manager. `behaviour` names what the next requests get, the last one for good."""

    rule: Rule = echo
    latency: float = 0.0
    key: str = KEY
    behaviour: Sequence[Behaviour] = ("ok",)
    retry_after: str | None = None
    usage: bool = True
    log: list[Arrival] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), self.handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def handler(self) -> type[BaseHTTPRequestHandler]:
        return handler(self)

    def wait_for(self, count: int, deadline: float = 30.0) -> None:
        """Returns once so many requests have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.log) >= count, deadline), (
                f"{len(self.log)} arrived"
            )

    def arrived(self, body: dict[str, Any], key: str) -> tuple[Behaviour, int]:
        with self._changed:
            behaviour = self.behaviour[min(len(self.log), len(self.behaviour) - 1)]
            if key != self.key:
                behaviour = "refuse_key"
            status = {"rate_limit": 429, "error": 500, "refuse_key": 401}.get(behaviour, 200)
            self.log.append(Arrival(time.monotonic(), body, key, status))
            self._changed.notify_all()
            return behaviour, status

    def pause(self, seconds: float) -> bool:
        """Waits as a slow server would; false when the server is being closed."""
        return not self._closing.wait(seconds)

    def reply(self, body: dict[str, Any]) -> dict[str, Any]:
        """A completion whose answer follows from the question alone."""
        messages = body["messages"]
        text = answer_text(self.rule, messages, bool(body.get("response_format")))
        given = sum(len(str(it["content"])) for it in messages) // 4
        usage = {"prompt_tokens": given, "completion_tokens": len(text) // 4 + 1}
        return {
            "id": "completion",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [
                {
                    "index": it,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text},
                }
                for it in range(int(body.get("n") or 1))
            ],
            **({"usage": {**usage, "total_tokens": sum(usage.values())}} if self.usage else {}),
        }


def answer_text(rule: Rule, messages: list[dict[str, Any]], as_json: bool) -> str:
    """The answer in the format that the last message asks for."""
    question = str(messages[-1]["content"])
    earlier = "\n".join(str(it["content"]) for it in messages if it["role"] == "assistant")
    names = [it for it in OUTPUT.findall(question) if it != "completed"]
    inputs = "\n".join(value for _, value in MARKER.findall(question)) or question
    answers = rule(inputs, names or ["answer"], earlier)
    if as_json or not names:
        return json.dumps(answers)
    fields = "".join(f"[[ ## {name} ## ]]\n{value}\n\n" for name, value in answers.items())
    return f"{fields}[[ ## completed ## ]]"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            content = self.rfile.read(length)
            if len(content) < length:  # the client was killed while it was still sending
                self.close_connection = True
                return
            body = json.loads(content)
            key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            behaviour, status = provider.arrived(body, key)
            if behaviour == "hang":
                provider.pause(3600)
                return
            if provider.latency and not provider.pause(provider.latency):
                return
            if behaviour == "drip":
                self.drip(provider.reply(body))
            else:
                self.send(status, answer(behaviour, key, provider, body))

        def send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            if status == 429 and provider.retry_after is not None:
                self.send_header("Retry-After", provider.retry_after)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def drip(self, reply: dict[str, Any]) -> None:
            content = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if not provider.pause(0.2):
                    return

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            return None

    return Handler


def answer(behaviour: Behaviour, key: str, provider: Provider, body: dict[str, Any]) -> bytes:
    match behaviour:
        case "rate_limit":
            return error_body("Too many requests.", "rate_limit_exceeded")
        case "error":
            return error_body("The server is on fire.", "server_error")
        case "refuse_key":
            return error_body(f"Incorrect API key provided: {key}.", "invalid_api_key")
        case "malformed":
            return b'{"choices": ['
        case "empty":
            return b"{}"
        case _ if "input" in body:
            return json.dumps(embeddings(body)).encode()
        case _:
            return json.dumps(provider.reply(body)).encode()


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    data = [{"object": "embedding", "index": it, "embedding": [1.0, 0.0]} for it in range(len(body["input"]))]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def error_body(message: str, code: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": code, "code": code}}).encode()
