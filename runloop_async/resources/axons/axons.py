"""Axons, which are logs of events."""

from types import NoneType
from typing import Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.calls.runner import Runner
from runloop_async.calls.streaming import EventStream, Status
from runloop_async.models.axons.axons import (
    AxonCreateParams,
    AxonListParams,
    AxonListView,
    AxonPublishParams,
    AxonSubscribeSseParams,
    AxonUpdateParams,
    AxonView,
    PublishResultView,
)
from runloop_async.models.axons.events import AxonEventView
from runloop_async.resources.axons.events import AxonEvents
from runloop_async.resources.axons.sql import AxonSql
from runloop_async.wire.positions import AfterSequence
from runloop_async.wire.request import Safety


class Axons(Resource):
    """Axons: logs of events that agents, users and services write and follow."""

    events: AxonEvents
    """The events on axons."""
    sql: AxonSql
    """The databases of axons."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.events = AxonEvents(runner)
        self.sql = AxonSql(runner)

    def subscribe_sse(
        self, id: str, **query: Unpack[AxonSubscribeSseParams]
    ) -> EventStream[AxonEventView]:
        """Follow an axon: its events so far, and those to come, until it is deleted.

        After a cut the stream goes on behind the last event.
        """
        return self._stream(
            "/v1/axons/{id}/subscribe/sse",
            AxonEventView,
            query,
            AxonSubscribeSseParams,
            position=AfterSequence,
            status=Status(
                self.retrieve(id),
                lambda axon: axon.deleted_at_ms is not None,
                gone_is_over=True,
            ),
            id=id,
        )

    def create(self, **fields: Unpack[AxonCreateParams]) -> Call[AxonView]:
        """Make an axon."""
        return self._post("/v1/axons", AxonView, fields, AxonCreateParams)

    def retrieve(self, id: str) -> Call[AxonView]:
        """Return one axon."""
        return self._get("/v1/axons/{id}", AxonView, id=id)

    def update(self, id: str, **fields: Unpack[AxonUpdateParams]) -> Call[AxonView]:
        """Change an axon; what is left out stays as it is."""
        return self._post(
            "/v1/axons/{id}",
            AxonView,
            fields,
            AxonUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(self, **query: Unpack[AxonListParams]) -> PageCall[AxonView]:
        """List the account's axons."""
        return self._list(
            "/v1/axons", AxonListView, lambda page: page.axons, query, AxonListParams
        )

    def delete(self, id: str) -> Call[None]:
        """Delete an axon."""
        return self._set("/v1/axons/{id}", NoneType, GONE, method="DELETE", id=id)

    def publish(
        self, id: str, **fields: Unpack[AxonPublishParams]
    ) -> Call[PublishResultView]:
        """Publish an event."""
        return self._post(
            "/v1/axons/{id}/publish",
            PublishResultView,
            fields,
            AxonPublishParams,
            id=id,
        )
