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
    longest_wait_s: float
    """How long the call has waited that waits longest at this moment; 0 if none does.
    """


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
    """Long polls."""
    stream: LaneStats
    """Streams of events, and terminals."""
    download: LaneStats
    """Downloads."""
    upload: LaneStats
    """Uploads."""

    @property
    def in_flight(self) -> int:
        """Requests under way, of any workload."""
        return sum(lane.in_flight for lane in self._lanes)

    @property
    def waiting(self) -> int:
        """Calls that wait until they may be sent, of any workload."""
        return sum(lane.waiting for lane in self._lanes)

    @property
    def _lanes(self) -> tuple[LaneStats, ...]:
        return self.api, self.wait, self.stream, self.download, self.upload
