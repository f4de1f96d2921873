"""Decoders: from vectors of nodes to weight tensors, and how these are scaled."""
