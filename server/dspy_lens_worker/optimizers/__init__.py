"""One file for each optimizer: its parameters, when it fits, how many calls it makes, how to compile."""
