"""One module for each group of verbs; each verb is an `arguments` and a `run` in the table of verbs."""
