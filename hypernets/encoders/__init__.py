"""Encoders: from the nodes of architecture graphs to one vector each."""
