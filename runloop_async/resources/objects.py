"""Storage objects."""

from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.objects import (
    ObjectCreateParams,
    ObjectDownloadParams,
    ObjectDownloadUrlView,
    ObjectListParams,
    ObjectListView,
    ObjectView,
)
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.wire.request import Safety


class Objects(Resource):
    """Storage objects: files that the service keeps."""

    def create(self, **fields: Unpack[ObjectCreateParams]) -> Call[ObjectView]:
        """Make an object without content: see `upload_url`, then `complete`."""
        return self._post("/v1/objects", ObjectView, fields, ObjectCreateParams)

    def retrieve(self, id: str) -> Call[ObjectView]:
        """Return one object."""
        return self._get("/v1/objects/{id}", ObjectView, id=id)

    def list(self, **query: Unpack[ObjectListParams]) -> PageCall[ObjectView]:
        """List the account's objects."""
        return self._list(
            "/v1/objects",
            ObjectListView,
            lambda page: page.objects,
            query,
            ObjectListParams,
        )

    def list_public(self, **query: Unpack[ObjectListParams]) -> PageCall[ObjectView]:
        """List the objects that everyone can read."""
        return self._list(
            "/v1/objects/list_public",
            ObjectListView,
            lambda page: page.objects,
            query,
            ObjectListParams,
        )

    def complete(self, id: str) -> Call[ObjectView]:
        """Say that an object's content has been uploaded."""
        return self._post(
            "/v1/objects/{id}/complete", ObjectView, safety=Safety.SAFE, id=id
        )

    def delete(self, id: str) -> Call[ObjectView]:
        """Delete an object, and return it."""
        return self._post(
            "/v1/objects/{id}/delete", ObjectView, safety=Safety.SAFE, id=id
        )

    def download(
        self, id: str, **query: Unpack[ObjectDownloadParams]
    ) -> Call[ObjectDownloadUrlView]:
        """Return where an object's content can be fetched."""
        return self._get(
            "/v1/objects/{id}/download",
            ObjectDownloadUrlView,
            query,
            ObjectDownloadParams,
            id=id,
        )

    def metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that objects have."""
        return self._get("/v1/objects/metadata/keys", MetadataKeysView)

    def metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that objects have under a metadata key."""
        return self._get(
            "/v1/objects/metadata/keys/{key}/values", MetadataValuesView, key=key
        )
