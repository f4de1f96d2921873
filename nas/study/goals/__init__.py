"""Goals of a search: figures, objectives and constraints."""
