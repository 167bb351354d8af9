"""Very many calls at once: limits, outages, latency, memory and the event loop."""
