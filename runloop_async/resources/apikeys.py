"""Keys to the API."""

from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.apikeys import ApiKeyCreatedView, ApiKeyCreateParams


class Apikeys(Resource):
    """Keys to the API."""

    def create(self, **fields: Unpack[ApiKeyCreateParams]) -> Call[ApiKeyCreatedView]:
        """Make a key; its secret is in this response and never again."""
        return self._post("/v1/apikeys", ApiKeyCreatedView, fields, ApiKeyCreateParams)
