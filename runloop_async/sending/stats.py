"""What a client has done so far, in numbers."""

import attrs


@attrs.define(kw_only=True)
class Counters:
    """The running numbers of one pool; every client that shares it adds to them."""

    requests: int = 0
    retries: int = 0

    def snapshot(self) -> "Stats":
        """Return the numbers as they are now."""
        return Stats(requests=self.requests, retries=self.retries)


@attrs.frozen(kw_only=True)
class Stats:
    """The numbers of a client at one moment."""

    requests: int
    """Attempts made, retries included."""
    retries: int
    """Attempts after the first of a call."""
