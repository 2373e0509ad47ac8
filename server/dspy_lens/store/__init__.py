"""The index over run folders and the ledger of what was spent: SQLite, one connection."""
