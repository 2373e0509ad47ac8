"""DSPy Lens: the daemon, the terminal and what they share. Never imports DSPy or the user's code."""

__version__ = "0.1.0"
