"""Runs: interpreter, budget, folder, launching, following, cancelling, resuming, artifacts."""
