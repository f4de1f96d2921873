"""Spaces of graph networks that classify nodes."""
