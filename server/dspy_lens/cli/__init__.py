"""The terminal: an LSP client of the daemon like any editor, and a few verbs that need no daemon."""
