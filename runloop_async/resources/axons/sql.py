"""The databases of axons."""

from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.axons.sql import (
    SqlBatchParams,
    SqlBatchResultView,
    SqlQueryResultView,
    SqlStatementParams,
)


class AxonSql(Resource):
    """The databases of axons, in SQLite's language; `rl_axon_events` has the events."""

    def query(
        self, id: str, **fields: Unpack[SqlStatementParams]
    ) -> Call[SqlQueryResultView]:
        """Execute one statement."""
        return self._post(
            "/v1/axons/{id}/sql/query",
            SqlQueryResultView,
            fields,
            SqlStatementParams,
            id=id,
        )

    def batch(
        self, id: str, **fields: Unpack[SqlBatchParams]
    ) -> Call[SqlBatchResultView]:
        """Execute several statements, of which all count or none."""
        return self._post(
            "/v1/axons/{id}/sql/batch",
            SqlBatchResultView,
            fields,
            SqlBatchParams,
            id=id,
        )
