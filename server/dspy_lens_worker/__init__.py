"""What goes to the user's interpreter: standard library and pydantic at import, DSPy inside functions."""
