"""One process for each root that serves every window and terminal, and what starts and finds it."""
