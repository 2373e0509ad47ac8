"""Gets examples that no file of the root holds. Only ever after an explicit yes."""
