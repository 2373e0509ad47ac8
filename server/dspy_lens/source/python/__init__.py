"""The static reader of Python source: it never executes anything and never raises on bad input."""

from dspy_lens.source.python.literals import ExampleLiteral
from dspy_lens.source.python.modules import module_name
from dspy_lens.source.python.notebooks import SUFFIX as NOTEBOOK
from dspy_lens.source.python.notebooks import raw_cells
from dspy_lens.source.python.project import Project
from dspy_lens.source.python.read import FileFacts, read_cells, read_python
from dspy_lens.source.python.text import decoded

STUB = ".pyi"
PYTHON = (".py", STUB, NOTEBOOK)
"""How the names of files end that are read as Python."""

__all__ = ["NOTEBOOK", "PYTHON", "STUB", "ExampleLiteral", "FileFacts", "Project", "decoded"]
__all__ += ["module_name", "raw_cells", "read_cells", "read_python"]
