"""Folders and archives of images."""
