"""What the emulator remembers of the requests it got."""

from collections import Counter

import attrs


@attrs.define(kw_only=True)
class Received:
    """One request; what may hold a secret is left out."""

    method: str
    path: str
    """The path as it was sent, still quoted."""
    query: dict[str, str]
    headers: dict[str, str]
    """The headers, names in lower case, without those that carry keys or cookies."""
    status: int | None = None
    """What it was answered; None while it is in flight, and if it never was."""


@attrs.define(kw_only=True)
class Stats:
    """Counters since the emulator was made."""

    requests: int = 0
    """Requests that arrived, whatever became of them."""
    by_status: Counter[int] = attrs.field(factory=Counter[int])
    """Answers per status."""
    executions: Counter[str] = attrs.field(factory=Counter[str])
    """How often each operation was executed, by its name: `benchmarks.create`.

    An operation that was refused (400, 404) counts; one that a fault stopped does not.
    """
    executions_by_request_id: Counter[str] = attrs.field(factory=Counter[str])
    """How often a write was executed under an `x-request-id` that the client sent."""
    in_flight: int = 0
    """Requests being worked on now."""
    most_in_flight: int = 0
    """The most there were at once."""
    open_connections: int = 0
    """Connections open now."""
    most_open_connections: int = 0
    """The most there were at once."""

    @property
    def repeated(self) -> dict[str, int]:
        """The request ids under which a write was executed more than once."""
        return {
            key: times
            for key, times in self.executions_by_request_id.items()
            if times > 1
        }

    def request_arrived(self) -> None:
        """Count one more request, in flight."""
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def connection_opened(self) -> None:
        """Count one more connection."""
        self.open_connections += 1
        self.most_open_connections = max(
            self.most_open_connections, self.open_connections
        )
