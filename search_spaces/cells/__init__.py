"""Spaces of repeated cells: NASNet, DARTS, NAS-Bench-201."""
