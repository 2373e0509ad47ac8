"""Example files: what they hold, and how their records become a target's examples. Never raises."""

from dspy_lens.source.examples.mapping import map_examples
from dspy_lens.source.examples.read import SUFFIXES, is_as_read, parse_examples, peek_columns, read_examples

__all__ = ["SUFFIXES", "is_as_read", "map_examples", "parse_examples", "peek_columns", "read_examples"]
