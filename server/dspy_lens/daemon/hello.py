"""The first frame on a connection: who calls, what for, and whether they may."""

import asyncio
import hmac
import json
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from dspy_lens.daemon.frames import BadFrame
from dspy_lens.daemon.streams import read_body

DEADLINE = 10.0  # seconds in which a caller must have introduced itself
LONGEST = 4 * 1024 * 1024  # bytes of a hello, which carries a whole environment


class Hello(BaseModel):
    """What a caller says. `environment` may hold keys: it lives in memory and goes to workers only."""

    ask: Literal["session", "status", "retire"]
    token: str = Field(repr=False)
    kind: str = "editor"
    version: str = ""
    environment: dict[str, str] = Field(default_factory=dict, repr=False)
    folder: str = ""


async def read_hello(reader: asyncio.StreamReader, token: str) -> Hello | None:
    """The hello of a caller that knows the token; None for anybody else."""
    try:
        async with asyncio.timeout(DEADLINE):
            body = await read_body(reader, LONGEST)
        hello = Hello.model_validate_json(body or b"")
    except (TimeoutError, OSError, BadFrame, ValidationError):
        return None
    return hello if hmac.compare_digest(hello.token.encode(), token.encode()) else None


def reply(writer: asyncio.StreamWriter, **answer: object) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
