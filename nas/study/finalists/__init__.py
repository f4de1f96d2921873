"""Training of finalists: who is trained for how long, and what came of it."""
