"""What the user wrote: Python, example files, settings; never executed, never a failure."""
