"""What everything is about: frozen values, and the messages where data comes in or goes out."""
