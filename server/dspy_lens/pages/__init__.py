"""A run as one self-contained page of HTML: to be read in an editor, a browser, or a mail's attachment."""

from dspy_lens.pages.page import page
from dspy_lens.pages.record import Record, record_of

__all__ = ["Record", "page", "record_of"]
