"""What is searched for: figures, objectives and constraints."""
