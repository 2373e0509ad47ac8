"""Style and script of a page, as they are inlined, and the policy that lets them and nothing else in."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
STYLES = ("vendor/uPlot.min.css", "templates/page.css")
LIBRARY, SCRIPT = "vendor/uPlot.iife.min.js", "templates/page.js"


@dataclass(frozen=True, slots=True)
class Assets:
    style: str
    script: str

    @property
    def policy(self) -> str:
        """A content security policy: no network, no frame, no form, and only these two texts run."""
        return (
            f"default-src 'none'; script-src '{source(self.script)}'; style-src '{source(self.style)}'; "
            "base-uri 'none'; form-action 'none'"
        )


@cache
def assets(script: str = SCRIPT) -> Assets:
    """The style of all pages with one page's own script."""
    return Assets(joined(STYLES), joined((LIBRARY, script)))


def joined(names: tuple[str, ...]) -> str:
    return "\n".join((HERE / name).read_text("utf-8").replace("\r\n", "\n").strip() for name in names)


def source(text: str) -> str:
    """A text as a policy names it: by its hash, so that the same run always makes the same page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
