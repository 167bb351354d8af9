"""The numbers of a client at one moment."""

import attrs


@attrs.frozen(kw_only=True)
class LaneStats:
    """What one workload is allowed, and what it does, at one moment."""

    in_flight: int
    """Requests under way."""
    waiting: int
    """Calls that wait until they may be sent."""
    concurrency: int
    """How many requests may be under way."""
    rate: float | None
    """How many may be sent a second; None where no limit was met."""
    wait_p50_s: float
    """How long the last thousand calls waited until they were sent: the median."""
    wait_p95_s: float
    """The same: what 19 of 20 calls did not exceed."""


@attrs.frozen(kw_only=True)
class Stats:
    """The numbers of a client, and of all that share its pool, at one moment."""

    requests: int
    """Attempts that were sent, retries included."""
    retries: int
    """Attempts after the first of a call."""
    throttled: int
    """Attempts that the service turned away."""
    unreadable: int
    """Items of pages that could not be read, and were left out."""
    bytes: int
    """Bytes of the bodies of responses, decompressed."""
    connections: int | None
    """Open connections; None where they are those of a session of yours."""
    is_down: bool
    """Whether the service is taken for down, and only probed."""
    api: LaneStats
    """Short calls."""
    wait: LaneStats
    """Long polls and streams."""
    transfer: LaneStats
    """Uploads and downloads."""

    @property
    def in_flight(self) -> int:
        """Requests under way, of any workload."""
        return self.api.in_flight + self.wait.in_flight + self.transfer.in_flight

    @property
    def waiting(self) -> int:
        """Calls that wait until they may be sent, of any workload."""
        return self.api.waiting + self.wait.waiting + self.transfer.waiting
