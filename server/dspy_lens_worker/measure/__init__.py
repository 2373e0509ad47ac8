"""The measurer: a process that is kept warm and says how large prompts are and what they cost.

It imports DSPy but no user code: signatures are rebuilt from the names and types that the source shows.
"""

from dspy_lens_worker.measure.serve import main, measure

__all__ = ["main", "measure"]
