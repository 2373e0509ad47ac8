"""Datasets of the Hugging Face Hub, by the documented JSON interface of its dataset viewer: `/splits` and `/rows`.

Plain HTTP, so that neither `datasets` nor pyarrow has to be there. https://huggingface.co/docs/dataset-viewer
"""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dspy_lens.values.elsewhere import HUB

SERVER = "https://datasets-server.huggingface.co"
PLACE = "DSPY_LENS_HUB"
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
PAGE = 100  # rows that one request may ask for
ROWS = 500  # rows that are taken when nobody says how many
MOST = 10_000
LARGEST = 64 * 1024 * 1024  # bytes of one answer
PATIENCE = 30.0  # seconds for one answer
TRIES = 4
LONGEST_WAIT = 20.0  # seconds between two tries
NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
PREFERRED = ("train", "training")


class HubProblem(Exception):
    """Why there are no rows: one sentence on what happened and one thing to do."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Which rows are meant: `hf:owner/name?config=main&split=test&rows=200`."""

    name: str
    config: str | None = None
    split: str | None = None
    rows: int = ROWS

    @classmethod
    def parse(cls, source: str) -> "Dataset":
        """Raises HubProblem where the name cannot be understood."""
        name, _, query = source.removeprefix(HUB).partition("?")
        said = dict(parse_qsl(query, keep_blank_values=True))
        unknown = sorted(said.keys() - {"config", "split", "rows"})
        if not NAME.fullmatch(name) or unknown:
            what = f"`{unknown[0]}` is unknown" if unknown else "it names no dataset"
            raise HubProblem(f"{source} cannot be used: {what}. Write hf:owner/name?config=…&split=…&rows=….")
        rows = said.get("rows", str(ROWS))
        if not rows.isdecimal() or not 0 < int(rows) <= MOST:
            raise HubProblem(f"{source} cannot be used: `rows` is a number from 1 to {MOST:,}. Correct it.")
        return cls(name, said.get("config") or None, said.get("split") or None, int(rows))


@dataclass(frozen=True, slots=True)
class Downloaded:
    """Rows, and what was taken of what there is."""

    records: tuple[Mapping[str, Any], ...]
    config: str
    split: str
    of: int | None
    left_out: int  # rows whose cells are too large to be sent whole


def download(
    source: str, environment: Mapping[str, str], wait: Callable[[float], None] = time.sleep
) -> Downloaded:
    """The first rows of a dataset; raises HubProblem. Blocks for as long as that takes."""
    asked, hub = Dataset.parse(source), _Hub(environment, wait)
    config, split = _chosen(asked, hub.get("splits", dataset=asked.name))
    records: list[Mapping[str, Any]] = []
    seen, total = 0, None
    while seen < min(asked.rows, asked.rows if total is None else total):
        length = min(PAGE, asked.rows - seen)
        page = hub.get("rows", dataset=asked.name, config=config, split=split, offset=seen, length=length)
        rows = page.get("rows")
        total = page.get("num_rows_total") if isinstance(page.get("num_rows_total"), int) else total
        if not isinstance(rows, list) or not rows:
            break
        records += [it["row"] for it in rows if not it.get("truncated_cells")]
        seen += len(rows)
    if not records:
        raise HubProblem(f"{asked.name} gave no rows of {config}/{split}. Name another split.")
    return Downloaded(tuple(records), config, split, total, seen - len(records))


def _chosen(asked: Dataset, answer: Mapping[str, Any]) -> tuple[str, str]:
    """The configuration and split that are meant; where that is open, the message lists what there is."""
    there = [(it["config"], it["split"]) for it in answer.get("splits", ())]
    fits = [it for it in there if asked.config in (None, it[0])]
    configs = list(dict.fromkeys(it[0] for it in fits))
    if asked.config is None and len(configs) > 1:
        usual = [it for it in configs if it in ("default", asked.name.rpartition("/")[2])]
        if len(usual) != 1:
            raise HubProblem(
                f"{asked.name} has several configurations: {_listed(configs)}. "
                f"Name one: hf:{asked.name}?config={configs[0]}"
            )
        configs = usual
    splits = [it[1] for it in fits if it[0] in configs[:1]]
    wanted = [asked.split] if asked.split else [*PREFERRED, *splits[:1]]
    found = next((it for it in wanted if it in splits), None)
    if found is None:
        known = _listed(f"{config}/{split}" for config, split in there)
        raise HubProblem(f"{asked.name} has no such part. There is {known or 'nothing'}. Name one of these.")
    return configs[0], found


def _listed(names: Any) -> str:
    every = list(names)
    more = f" and {len(every) - 12} more" if len(every) > 12 else ""
    return ", ".join(every[:12]) + more


class _Hub:
    """Asks the server, with the user's token where there is one, and again where it is only busy."""

    def __init__(self, environment: Mapping[str, str], wait: Callable[[float], None]) -> None:
        self._base = (environment.get(PLACE) or SERVER).rstrip("/")
        self._token = next((it for name in TOKENS if (it := environment.get(name))), None)
        self._wait = wait

    def get(self, what: str, **query: str | int) -> Mapping[str, Any]:
        address = f"{self._base}/{what}?{urlencode(query)}"
        for tries_left in reversed(range(TRIES)):
            try:
                return self._once(address)
            except urllib.error.HTTPError as error:
                with error:
                    busy = error.code == 429 or error.code >= 500
                    if not busy or not tries_left:
                        raise HubProblem(_refused(error, str(query["dataset"]))) from None
                    self._wait(_pause(error, TRIES - tries_left))
            except (OSError, ValueError) as error:
                why = getattr(error, "reason", None) or error
                raise HubProblem(f"{self._base} could not be asked: {why}. Try again later.") from None
        raise AssertionError("The last try returns or raises.")

    def _once(self, address: str) -> Mapping[str, Any]:
        request = urllib.request.Request(address, headers={"User-Agent": "dspy-lens"})
        if self._token:
            # Not sent on where the server leads elsewhere.
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            content = answer.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError("the answer is larger than 64 MB")
        found = json.loads(content)
        if not isinstance(found, dict):
            raise ValueError("the answer is no object")
        return found


def _pause(error: urllib.error.HTTPError, tried: int) -> float:
    said = error.headers.get("Retry-After", "")
    return min(LONGEST_WAIT, float(said) if said.isdecimal() else 2.0**tried)


def _refused(error: urllib.error.HTTPError, name: str) -> str:
    if error.code in (401, 403, 404):
        return (
            f"There is no dataset {name} on the Hub that you may read. Correct its name, or set HF_TOKEN "
            "where it is private or gated."
        )
    try:
        said = str(json.loads(error.read(65_536))["error"]).partition("\n")[0].rstrip(".")
    except (ValueError, KeyError, TypeError, OSError):
        said = f"it answered {error.code}"
    return f"{name} could not be downloaded: {said}. Try again later, or download it yourself as Parquet."
