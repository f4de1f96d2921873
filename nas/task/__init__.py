"""What networks are built for."""
