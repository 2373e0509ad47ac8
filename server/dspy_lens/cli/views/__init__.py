"""What the terminal shows, made of the same JSON that `--json` prints."""
