"""The start that is fitted to the data, layer by layer, in one forward pass."""
