"""How much a model is trained: rows and epochs. Arithmetic alone."""

LEAST_ROWS = 10  # OpenAI trains on no fewer


def usual_epochs(rows: int) -> int:
    """How often OpenAI goes through so many rows where nobody says: more often through few of them."""
    if rows * 3 < 100:
        return min(25, max(1, 100 // max(1, rows)))
    return max(1, 25_000 // rows) if rows * 3 > 25_000 else 3
