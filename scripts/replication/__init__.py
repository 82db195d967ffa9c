"""The systems of the articles: how they are run here, and what the articles claim."""
