"""Spaces of stages of equal blocks: AnyNet and RegNet."""
