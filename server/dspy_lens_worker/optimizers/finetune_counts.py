"""How much a model is trained: rows and epochs. Arithmetic alone."""

from dspy_lens_worker.scores import wilson

LEAST_ROWS = 10  # OpenAI trains on no fewer


def most_rows(share: float, measured: int, examples: int, rows: float) -> float:
    """The most rows that so many examples may make, each answered right with this share: by Wilson's bound at 95 %."""
    _, high = wilson(share, measured)
    return high * examples * rows


def usual_epochs(rows: int) -> int:
    """How often OpenAI goes through so many rows where nobody says: more often through few of them."""
    if rows * 3 < 100:
        return min(25, max(1, 100 // max(1, rows)))
    return max(1, 25_000 // rows) if rows * 3 > 25_000 else 3
