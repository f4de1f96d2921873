"""Training of finalists: plans, trainings and their results."""
