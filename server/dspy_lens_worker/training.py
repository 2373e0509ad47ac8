"""Fine-tuning jobs behind the guard: what they may cost is set aside before, and they end when the run does."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens_worker.events import Writer
from dspy_lens_worker.failure import Failed, Refused, described
from dspy_lens_worker.guard import Amount, Guard
from dspy_lens_worker.ledger import Ledger
from dspy_lens_worker.messages import Charge
from dspy_lens_worker.optimizers.finetune_counts import LEAST_ROWS, usual_epochs
from dspy_lens_worker.prices import size

FIRST_LOOK, LONGEST_LOOK = 0.25, 20.0  # seconds between looks at a job
OF_A_JOB = ("suffix", "seed", "method", "metadata")  # what a job takes beside hyperparameters
PLACE = "training"  # below the user's LM cache, one file for each job
MILLION = 1_000_000


class Stopped(Exception):
    """The run was stopped while a model was trained, and the job was cancelled. DSPy's thread hands it on."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Rows:
    """What a model is trained on, and how: the messages of each row, and what else the job is told."""

    model: str
    rows: Sequence[dict[str, Any]]
    given: dict[str, Any]

    @property
    def epochs(self) -> int:
        hyper = {
            **self.given,
            **self.given.get("method", {}).get("supervised", {}).get("hyperparameters", {}),
        }
        epochs = hyper.get("n_epochs", "auto")
        return epochs if isinstance(epochs, int) else usual_epochs(len(self.rows))

    @property
    def tokens(self) -> int:
        """A cautious guess at the tokens that are trained on, and billed."""
        return round(sum(size(it) for it in self.rows)) * self.epochs

    @property
    def content(self) -> bytes:
        return b"".join(json.dumps(it, ensure_ascii=False).encode() + b"\n" for it in self.rows)

    def digest(self, base: str) -> str:
        given = json.dumps([base, self.model, self.given], sort_keys=True).encode()
        return hashlib.sha256(given + self.content).hexdigest()[:32]


@dataclass(frozen=True)
class Training:
    """Trains models by OpenAI's protocol of files and jobs, for as long as the run may go on."""

    guard: Guard
    ledger: Ledger
    writer: Writer
    cache: Path
    phase: str

    def provider(self, client: Callable[[], Any], price: float | None) -> Any:
        """A DSPy provider. `price` is in dollars for a million trained tokens, None where it is not known."""
        from dspy.clients.openai import OpenAIProvider

        outer = self

        class Guarded(OpenAIProvider):  # type: ignore[misc]
            def __deepcopy__(self, memo: Any) -> Any:
                return self

            def finetune(  # DSPy's is static, and is called by keywords
                self, job: Any, model: str, train_data: Any, train_data_format: Any, train_kwargs: Any = None
            ) -> str:
                OpenAIProvider.validate_data_format(train_data_format)
                name = model.removeprefix("openai/")
                try:
                    return "openai/" + outer.train(
                        client(), Rows(name, train_data, train_kwargs or {}), price
                    )
                except Refused as refused:
                    raise Stopped(refused) from None

        return Guarded()

    def train(self, client: Any, rows: Rows, price: float | None) -> str:
        """The name of the trained model. A job that an earlier run began for the same is taken up again."""
        if len(rows.rows) < LEAST_ROWS:
            raise Failed(
                "run",
                f"Only {len(rows.rows)} answers were right, and training takes {LEAST_ROWS}. "
                "Add examples, or name a stronger teacher.",
            )
        note = self.cache / PLACE / f"{rows.digest(str(client.base_url))}.json"
        worst = Amount(1, rows.tokens, 0 if price is None else round(rows.tokens * price))
        job = earlier_job(client, note)
        # A job lasts longer than any request may, so what it may cost counts as taken until it is known.
        self.guard.settle(self.guard.admit(worst, self.phase), worst)
        if job is None:
            job = self._begin(client, rows, note)
        job = self._watch(client, job)
        self._charge(job, worst, price, note)
        if job.status != "succeeded":
            note.unlink(missing_ok=True)
            why = getattr(job.error, "message", None) or f"its job is {job.status}"
            raise Failed("run", f"The training of {rows.model} failed: {why.rstrip('.')}. Look at {job.id}.")
        return str(job.fine_tuned_model)

    def _begin(self, client: Any, rows: Rows, note: Path) -> Any:
        self.ledger.request()
        file = client.files.create(file=(f"{note.stem}.jsonl", rows.content), purpose="fine-tune")
        own = {name: it for name, it in rows.given.items() if name in OF_A_JOB}
        hyper = {name: it for name, it in rows.given.items() if name not in OF_A_JOB}
        if hyper:
            own["hyperparameters"] = hyper
        job = client.fine_tuning.jobs.create(model=rows.model, training_file=file.id, **own)
        note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        note.write_text(json.dumps({"job": job.id, "charged": False}))
        return job

    def _watch(self, client: Any, job: Any) -> Any:
        """The job once it is over. Cancelled with the provider as soon as the run may not go on."""
        wait, told = FIRST_LOOK, ""
        while True:
            if job.status != told:
                self.writer.log(f"Training {job.model}: {job.status.replace('_', ' ')} (job {job.id}).")
                told = job.status
            if job.status in ("succeeded", "failed", "cancelled"):
                return job
            try:
                self.guard.pause(wait, self.phase)
            except Refused:
                client.fine_tuning.jobs.cancel(job.id)
                self.writer.log(f"The training was cancelled with its provider (job {job.id}).", "warning")
                raise
            wait = min(LONGEST_LOOK, wait * 2)
            job = client.fine_tuning.jobs.retrieve(job.id)

    def _charge(self, job: Any, worst: Amount, price: float | None, note: Path) -> None:
        """What was trained is billed once, whichever run sees the end of the job."""
        trained = int(job.trained_tokens or 0)
        paid = json.loads(note.read_text())["charged"] if note.exists() else False
        actual = Amount(0, 0, 0) if paid else Amount(0, trained, round(trained * (price or 0)))
        self.guard.adjust(actual - Amount(0, worst.tokens, worst.micros))
        if trained and not paid:
            micros = None if price is None else round(trained * price)
            model = f"openai/{job.model} (training)"
            self.ledger.charge(Charge(role="task", model=model, input=trained, output=0, micros=micros))
        if note.exists():
            note.write_text(json.dumps({"job": job.id, "charged": True}))


def earlier_job(client: Any, note: Path) -> Any | None:
    """The job that was begun before for the same rows, unless it came to nothing."""
    try:
        job = client.fine_tuning.jobs.retrieve(json.loads(note.read_text())["job"])
    except (OSError, ValueError, KeyError):
        return None
    except Exception:  # the provider does not know it any more
        return None
    return None if job.status in ("failed", "cancelled") else job


def client_of(lm: Any) -> Any:
    """A client for the endpoint and the key that the model's own requests use."""
    import openai

    base = lm.kwargs.get("api_base") or lm.kwargs.get("base_url") or os.environ.get("OPENAI_API_BASE")
    try:
        return openai.OpenAI(api_key=lm.kwargs.get("api_key"), base_url=base)
    except openai.OpenAIError as error:
        raise Failed("model", f"{described(error)}. Set OPENAI_API_KEY.") from error
