"""Programs whose saved state alone does not say how they run: what is added, and the module that makes them again.

`knn` and `ensemble` are plain DSPy and nothing of ours: the worker runs them, and their text goes into the
module that is exported beside the state, so that both are the same program.
"""
