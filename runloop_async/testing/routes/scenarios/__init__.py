"""Scenarios, their runs and their scorers."""
