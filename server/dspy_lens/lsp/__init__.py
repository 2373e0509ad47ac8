"""What editors and terminals are told, and what they may ask for: thin handlers over the workspace."""
