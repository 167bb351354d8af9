"""The events on axons."""

from typing import Unpack

from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.axons.events import AxonEventListView, AxonEventView
from runloop_async.models.shared import CountedPageParams


class AxonEvents(Resource):
    """The events on axons."""

    def list(
        self, id: str, **query: Unpack[CountedPageParams]
    ) -> PageCall[AxonEventView]:
        """List the events on an axon.

        Events have no id, and the document does not say what `starting_after` is here;
        the number of the last event is taken for it.
        """
        return self._list(
            "/v1/axons/{id}/events",
            AxonEventListView,
            lambda page: page.events,
            query,
            CountedPageParams,
            key="sequence",
            id=id,
        )
