"""From a recipe to calls, tokens, dollars and minutes, as ranges."""
