"""Choice of the candidates to train, and trust in their ranking."""
