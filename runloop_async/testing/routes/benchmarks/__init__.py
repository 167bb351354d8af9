"""Benchmarks, and the old paths to their runs."""
