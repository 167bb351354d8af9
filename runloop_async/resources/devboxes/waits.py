"""The states that devboxes go through."""

from typing import Final

from runloop_async.errors import WaitError
from runloop_async.models.devboxes import DevboxStatus, DevboxView
from runloop_async.values import excerpt

BOOTING: Final = frozenset({"scheduled", "queued", "provisioning", "initializing"})
"""States on the way to running."""


def settled(devbox: DevboxView, wanted: DevboxStatus) -> DevboxView:
    """Return a devbox if it is in the state that is wanted.

    Raises:
        WaitError: It is in another.
    """
    if devbox.status != wanted:
        why = devbox.failure_reason or devbox.shutdown_reason
        raise WaitError(
            f"the devbox {devbox.id} is {excerpt(devbox.status)}, not {wanted}"
            + (f": {excerpt(why)}" if why else ""),
            last_value=devbox,
        )
    return devbox
