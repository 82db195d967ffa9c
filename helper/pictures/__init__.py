"""Pictures of a model and its mistakes."""
