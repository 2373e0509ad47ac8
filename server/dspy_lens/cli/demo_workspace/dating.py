"""Dates short notes: a signature written as a string, with its examples named in a comment."""

import dspy

# dspy-lens: examples=data/dating.jsonl metric=exact:year
find_year = dspy.Predict(dspy.Signature("note -> year: int", "Give the year in which it happened."))
