"""Examples that no file of the root holds: of the Hugging Face Hub, or what code of the user's gives."""

import re
from dataclasses import dataclass

ELSEWHERE = re.compile(r"hf:|[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")
"""How a source that is no file looks."""

HUB = "hf:"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A source by its name, `hf:owner/name` or `pkg.mod:function`, with the digest of what would give it.

    What was got once is kept under both, so that it is got again only when the code has become another.
    """

    source: str
    origin: str = ""
    path: str = ""  # of the file that holds the code

    @property
    def on_the_hub(self) -> bool:
        return self.source.startswith(HUB)


def is_elsewhere(name: str) -> bool:
    return ELSEWHERE.match(name) is not None
