"""When requests leave, and how many at once.

Theory of operation
-------------------

A client has three lanes: short calls, long polls, transfers. Each has a `Gate`, which
is a queue, and a `Governor`, which decides when the head of the queue may leave. A head
that waits for its own route, or for the pace that throttled routes share, steps aside
for those behind it. The governor combines four machines. None of them has a clock: each
takes events with their times, in seconds of one clock, in whatever order they come. An
exception in any of them freezes the lane: it is logged once, and the lane goes on with
a fixed bound.

`Concurrency` bounds the requests in flight of a lane. It begins with 10 and adds one
for each response that comes while calls wait, as long as responses are no slower than
twice the quickest, and a connection pays for itself. A first refusal with more than 16
in flight caps it just below what was in flight, since the server may bound concurrency.
From then on it tries 1, 2, 4 more, a second apart. A refusal of a trial takes back
exactly what the trial added, and doubles the time to the next, up to 8 s; a trial that
passes sets it back to 1 s. At the limit of before, the cap ends. After an outage it
begins with 1 and is back within a second of successes. `Shared` bounds all lanes
together where files or connections are few.

`Pace` bounds the requests a second, from the first refusal on. A route is bound by it
once it was refused itself. `Noise` tells what refusals are: the first four are only
counted (UNKNOWN). If a third of what was sent since the first was refused, there is a
limit (LIMIT); else 0.7 of the rate is tried (TRIED). If as much is refused there, it is
by chance (NOISE), and asks for nothing. Under a limit the rate is cut to 0.95 of what
got through in the last second, and climbs as in CUBIC. A route that alone is refused,
with a chance below 0.2 % that this is an accident, gets a pace of its own. A limit that
was not met for 10 minutes is forgotten.

A `Retry-After` holds the route that named it, for no longer than `retry_after_max`.

`RetryBudget` belongs to the client: 500 tokens, of which a retry costs 5 and a success
gives 1. When it is spent and ten requests in a row fail, the service is down: then one
request at a time is sent as a probe, 0.05 s to 1 s apart, and another if one has no
answer for 3 s. Short calls are probed with before long polls. A success ends the
outage; so does ten seconds in which nothing is asked. A call that has waited 15 s in an
outage fails.

`Supply` holds permits that a caller gives, for rates that several processes share.

The constants were found by simulation (`tests/simulation.py`, in `tests/pacing`) and
against a server on loopback (`python -m benchmarks.fanout`), over sixteen kinds of
limits: at least 95 % of the allowed rate is used, and at most 2 % of the requests are
refused. The invariants are in `tests/pacing/test_invariants.py`, which fuzzes them.
"""

from runloop_async.pacing.budget import RetryBudget
from runloop_async.pacing.concurrency import Concurrency, Shared
from runloop_async.pacing.governor import LATER, NOW, Governor
from runloop_async.pacing.pace import Pace

__all__ = [
    "LATER",
    "NOW",
    "Concurrency",
    "Governor",
    "Pace",
    "RetryBudget",
    "Shared",
]
