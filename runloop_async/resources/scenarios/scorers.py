"""Scorers of your own, for scenarios to use by their type."""

from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.scenarios.scorers import (
    ScorerListParams,
    ScorerListView,
    ScorerParams,
    ScorerView,
)
from runloop_async.wire.request import Safety


class Scorers(Resource):
    """Scorers of your own."""

    def create(self, **fields: Unpack[ScorerParams]) -> Call[ScorerView]:
        """Make a scorer."""
        return self._post("/v1/scenarios/scorers", ScorerView, fields, ScorerParams)

    def retrieve(self, id: str) -> Call[ScorerView]:
        """Return one scorer."""
        return self._get("/v1/scenarios/scorers/{id}", ScorerView, id=id)

    def update(self, id: str, **fields: Unpack[ScorerParams]) -> Call[ScorerView]:
        """Replace a scorer's script and type."""
        return self._post(
            "/v1/scenarios/scorers/{id}",
            ScorerView,
            fields,
            ScorerParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(self, **query: Unpack[ScorerListParams]) -> PageCall[ScorerView]:
        """List the account's scorers."""
        return self._list(
            "/v1/scenarios/scorers",
            ScorerListView,
            lambda page: page.scorers,
            query,
            ScorerListParams,
        )
