"""The console program ``nas``: wires the library together; nothing else prints."""
