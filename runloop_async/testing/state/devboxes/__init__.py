"""Devboxes and what belongs to them."""
