"""The static reader of Python source: it never executes anything and never raises on bad input."""

from dspy_lens.source.python.literals import ExampleLiteral
from dspy_lens.source.python.modules import module_name
from dspy_lens.source.python.project import Project
from dspy_lens.source.python.read import FileFacts, read_python

__all__ = ["ExampleLiteral", "FileFacts", "Project", "module_name", "read_python"]
