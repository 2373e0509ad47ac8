"""A run as one self-contained page of HTML: to be read in an editor, a browser, or a mail's attachment."""
