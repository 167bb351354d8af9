"""Axons, their events and their databases."""

from runloop_async.resources.axons.axons import Axons

__all__ = ["Axons"]
