"""Secrets, by name and by id."""

from typing import Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.secrets import (
    SecretCreateParams,
    SecretListParams,
    SecretListView,
    SecretUpdateParams,
    SecretView,
)
from runloop_async.wire.request import Safety


class Secrets(Resource):
    """Values that devboxes are given by name, and that are never read back."""

    def list(self, **query: Unpack[SecretListParams]) -> PageCall[SecretView]:
        """List the account's secrets; the API has one page of them, of up to 5,000."""
        return self._list(
            "/v1/secrets",
            SecretListView,
            lambda page: page.secrets,
            query,
            SecretListParams,
            counted=False,
            key="",
        )

    def create(self, **fields: Unpack[SecretCreateParams]) -> Call[SecretView]:
        """Make a secret."""
        return self._post("/v1/secrets", SecretView, fields, SecretCreateParams)

    def retrieve(self, name: str) -> Call[SecretView]:
        """Return one secret, without its value."""
        return self._get("/v1/secrets/{name}", SecretView, name=name)

    def update(
        self, name: str, **fields: Unpack[SecretUpdateParams]
    ) -> Call[SecretView]:
        """Give a secret a new value."""
        return self._post(
            "/v1/secrets/{name}",
            SecretView,
            fields,
            SecretUpdateParams,
            safety=Safety.SAFE,
            name=name,
        )

    def delete(self, name: str) -> Call[SecretView | None]:
        """Delete a secret, and return it.

        None if the response was lost, and there was nothing left for a repetition.
        """
        return self._set("/v1/secrets/{name}/delete", SecretView, GONE, name=name)

    def retrieve_by_id(self, id: str) -> Call[SecretView]:
        """Return one secret, without its value; names need not be unique."""
        return self._get("/v1/secrets/id/{id}", SecretView, id=id)

    def update_by_id(
        self, id: str, **fields: Unpack[SecretUpdateParams]
    ) -> Call[SecretView]:
        """Give a secret a new value."""
        return self._post(
            "/v1/secrets/id/{id}/update",
            SecretView,
            fields,
            SecretUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def delete_by_id(self, id: str) -> Call[SecretView | None]:
        """Delete a secret, and return it.

        None if the response was lost, and there was nothing left for a repetition.
        """
        return self._set("/v1/secrets/id/{id}/delete", SecretView, GONE, id=id)
