"""Devboxes, which are machines in the cloud."""

from contextlib import AbstractAsyncContextManager
from typing import Unpack

from runloop_async.calls.polling import PollingConfig, PollingConfigLike
from runloop_async.models.devboxes.devboxes import DevboxCreateParams
from runloop_async.resources.devboxes.box import Devbox
from runloop_async.resources.devboxes.lifecycle import Lifecycle
from runloop_async.resources.devboxes.opening import MARK, opened_box
from runloop_async.values import named_text
from runloop_async.wire.ids import uuid7


class Devboxes(Lifecycle):
    """Devboxes: machines in the cloud."""

    def open(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxCreateParams],
    ) -> AbstractAsyncContextManager[Devbox]:
        """Start a devbox to work on, which is shut down at the end of the block.

            async with client.devboxes.open(blueprint_name="python") as box:
                done = await box.exec("pytest -q")

        It is shut down however the block ends, also when it is cancelled, and once no
        snapshot of it is being taken. An error of the block goes before one of the
        shutdown, of which it has a note. If the answer to its creation is lost, it is
        looked for by its metadata, and shut down. What may still run is named in the
        error; a cancellation, which cannot carry notes, is logged as a warning.

        Raises:
            WaitError: It failed or was shut down while it booted.
            PollingTimeout: It had not booted by the deadline.
            APIError: It could not be made or asked for; `ambiguous` tells whether it
                may have been made all the same.
        """
        polling, mark = PollingConfig.of(polling_config), uuid7()
        marked: DevboxCreateParams = {**fields}
        marked["metadata"] = {**(fields.get("metadata") or {}), MARK: mark}
        created = self.create(**marked)
        return opened_box(self, self._runner, created, mark, polling)

    def box(self, id: str) -> Devbox:
        """Return a devbox to work on that is there already; nothing is sent."""
        return Devbox(self, self._runner.base_url, named_text("id", id))
