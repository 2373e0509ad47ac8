"""A machine with a small repository, and windows on it."""

from support.windows import home, window

__all__ = ["home", "window"]
