"""How calls are sent: through a pool, within limits, again if need be."""
