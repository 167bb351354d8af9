"""Devboxes, which are machines in the cloud."""

from contextlib import AbstractAsyncContextManager
from typing import Unpack

from runloop_async.calls.polling import PollingConfig, PollingConfigLike
from runloop_async.models.devboxes.devboxes import DevboxCreateParams
from runloop_async.resources.devboxes.box import Devbox, opened_box
from runloop_async.resources.devboxes.lifecycle import Lifecycle
from runloop_async.values import named_text


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

        It is shut down however the block ends, also when it is cancelled. An error of
        the block goes before one of the shutdown, of which it has a note.

        Raises:
            WaitError: It failed or was shut down while it booted.
            PollingTimeout: It had not booted by the deadline.
            APIError: It could not be made or asked for; `ambiguous` tells whether it
                may have been made all the same.
        """
        polling = PollingConfig.of(polling_config)
        created = self.create(**fields)
        return opened_box(self, self._runner.base_url, created, polling)

    def box(self, id: str) -> Devbox:
        """Return a devbox to work on that is there already; nothing is sent."""
        return Devbox(self, self._runner.base_url, named_text("id", id))
