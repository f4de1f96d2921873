"""Spaces of stages of equal blocks: AnyNet, RegNet and ResNet."""
