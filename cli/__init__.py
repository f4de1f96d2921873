"""The console program ``nas``: wires the library together, and is all that prints."""
