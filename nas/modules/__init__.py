"""The user's own modules: how they are called, read and run."""
