"""A loopback server that also speaks OpenAI's protocol of files and fine-tuning jobs, and learns what it is given."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from dspy_lens_worker.messages import OrderExample
from support.provider import Provider, answer_text, error_body, handler

TOPICS = {"river": "blue", "meadow": "green", "copper": "red", "lantern": "gold", "winter": "white"}
STATES = ("validating_files", "queued", "running")
FILE_ROWS = re.compile(rb"^\{.*\}$", re.MULTILINE)


def topical(train: int, validation: int, test: int) -> list[OrderExample]:
    """Questions about a colour, by topic and number."""
    parts = ["train"] * train + ["validation"] * validation + ["test"] * test
    words = list(TOPICS)
    return [
        OrderExample.model_validate(
            {
                "part": part,
                "row": row,
                "inputs": {"question": f"which colour has the {words[row % 5]} of number {row}"},
                "labels": {"answer": TOPICS[words[row % 5]]},
            }
        )
        for row, part in enumerate(parts)
    ]


def topic_of(text: str) -> str:
    return next(it for it in TOPICS if it in text)


def knows_even_numbers(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """The untrained model: right about every other question."""
    number = int(re.findall(r"\d+", inputs)[-1])
    return dict.fromkeys(outputs, TOPICS[topic_of(inputs)] if number % 2 == 0 else "unsure")


@dataclass
class Job:
    """One job as the server has it; `looks` counts how often it was asked about."""

    id: str
    asked: dict[str, Any]
    learned: dict[str, str]
    status: str = STATES[0]
    looks: int = 0

    def said(self) -> dict[str, Any]:
        done = self.status == "succeeded"
        return {
            "object": "fine_tuning.job",
            "id": self.id,
            "created_at": 0,
            "finished_at": None,
            "model": self.asked["model"],
            "fine_tuned_model": f"ft:{self.asked['model']}:loop::{self.id}" if done else None,
            "organization_id": "loop",
            "status": self.status,
            "training_file": self.asked["training_file"],
            "validation_file": None,
            "hyperparameters": self.asked.get("hyperparameters") or {"n_epochs": "auto"},
            "trained_tokens": 4321 if done else None,
            "result_files": [],
            "seed": 0,
            "error": {"code": "bad", "message": "The data was too dull.", "param": None}
            if self.status == "failed"
            else None,
        }


@dataclass
class Tuning(Provider):
    """`ends` is how jobs end, after being asked about a few times; None leaves them running."""

    ends: str | None = "succeeded"
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        return tuning_handler(self)

    def reply(self, body: dict[str, Any]) -> dict[str, Any]:
        job = next((it for it in self.jobs if body["model"].endswith(f"::{it.id}")), None)
        said = super().reply(body)
        if job is not None:
            text = answer_text(learned_by(job), body["messages"], bool(body.get("response_format")))
            said["choices"][0]["message"]["content"] = text
        return said

    def upload(self, content: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = [json.loads(it) for it in FILE_ROWS.findall(content)]
        return {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": 0,
            "filename": "rows.jsonl",
            "purpose": "fine-tune",
            "status": "processed",
        }

    def begin(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = self.files[asked["training_file"]]
        job = Job(f"ftjob-{len(self.jobs) + 1}", asked, dict(lesson(it["messages"]) for it in rows))
        with self._changed:
            self.jobs.append(job)
            self._changed.notify_all()
        return job.said()

    def look(self, name: str) -> dict[str, Any] | None:
        job = next((it for it in self.jobs if it.id == name), None)
        if job is None:
            return None
        job.looks += 1
        if job.status in STATES:
            if job.looks < len(STATES):
                job.status = STATES[job.looks]
            elif self.ends is not None:
                job.status = self.ends
        return job.said()

    def cancel(self, name: str) -> dict[str, Any]:
        job = next(it for it in self.jobs if it.id == name)
        job.status = "cancelled"
        return job.said()

    def wait_for_job(self, deadline: float = 30.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self.jobs), deadline), "no job was begun"


def lesson(messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """The topic of a row, and the colour that its answer names."""
    topic = topic_of(messages[-2]["content"])
    return topic, next(it for it in TOPICS.values() if it in messages[-1]["content"])


def learned_by(job: Job) -> Any:
    def rule(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
        return dict.fromkeys(outputs, job.learned.get(topic_of(inputs), "unsure"))

    return rule


def tuning_handler(provider: Tuning) -> type[BaseHTTPRequestHandler]:
    base: Any = handler(provider)

    class Handler(base):  # type: ignore[misc]
        def do_POST(self) -> None:
            if not self.path.startswith(("/v1/files", "/v1/fine_tuning")):
                super().do_POST()
                return
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if key != provider.key:
                self.send(401, error_body("Incorrect API key provided.", "invalid_api_key"))
            elif self.path == "/v1/files":
                self.say(provider.upload(content))
            elif self.path.endswith("/cancel"):
                self.say(provider.cancel(self.path.split("/")[-2]))
            else:
                self.say(provider.begin(json.loads(content)))

        def do_GET(self) -> None:
            said = provider.look(self.path.rpartition("/")[2])
            if said is None:
                self.send(404, error_body("No such job.", "not_found"))
            else:
                self.say(said)

        def say(self, said: dict[str, Any]) -> None:
            self.send(200, json.dumps(said).encode())

    made: type[BaseHTTPRequestHandler] = Handler
    return made
