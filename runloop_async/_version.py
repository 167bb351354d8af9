"""The release, stated here once."""

__version__ = "0.1.0"
