"""The articles' systems, and what they claim."""
