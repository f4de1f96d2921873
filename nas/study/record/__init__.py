"""What a study keeps on disk or in a database."""
