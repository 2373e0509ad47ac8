"""One root: joins source, store and runs into targets and their standing."""

from dspy_lens.workspace.results import Changes
from dspy_lens.workspace.snapshot import Overlay, Snapshot
from dspy_lens.workspace.workspace import Workspace

__all__ = ["Changes", "Overlay", "Snapshot", "Workspace"]
