"""The logs of devboxes."""

from typing import Unpack

from runloop_async.annotations import JsonObject
from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.calls.streaming import EventStream
from runloop_async.models.devboxes.logs import DevboxLogsListParams, DevboxLogsListView


class DevboxLogs(Resource):
    """The logs of devboxes."""

    def tail(
        self, id: str, **query: Unpack[DevboxLogsListParams]
    ) -> EventStream[JsonObject]:
        """Follow a devbox's log: the lines so far, and those to come.

        The API describes neither the lines nor a way to resume, so an event is given
        as the JSON that it has, and a cut is an error: lines may be missing after it.
        """
        return self._stream(
            "/v1/devboxes/{id}/logs/tail",
            JsonObject,
            query,
            DevboxLogsListParams,
            id=id,
        )

    def list(
        self, id: str, **query: Unpack[DevboxLogsListParams]
    ) -> Call[DevboxLogsListView]:
        """Return the log of a devbox."""
        return self._get(
            "/v1/devboxes/{id}/logs",
            DevboxLogsListView,
            query,
            DevboxLogsListParams,
            id=id,
        )
