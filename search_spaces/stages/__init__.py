"""Spaces of stages of equal blocks: AnyNet, RegNet, ResNet and MnasNet."""
