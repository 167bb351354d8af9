"""Blueprints, which are images that devboxes boot from."""

from functools import partial
from operator import attrgetter
from types import NoneType
from typing import Final, Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    BUILD,
    PollingConfig,
    PollingConfigLike,
    until_left,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.starting import started
from runloop_async.models.blueprints import (
    BlueprintBuildFromInspectionParams,
    BlueprintBuildLogsListView,
    BlueprintBuildParametersParam,
    BlueprintListParams,
    BlueprintListView,
    BlueprintPreviewView,
    BlueprintView,
)
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.wire.request import Safety

_PASSING: Final = frozenset({"queued", "provisioning", "building"})


class Blueprints(Resource):
    """Blueprints: images that devboxes boot from."""

    def await_build_complete(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[BlueprintView]:
        """Wait until a build is complete.

        Raises:
            WaitError: It failed, or waits for an upload; `last_value` is the blueprint.
            PollingTimeout: It was not complete by the deadline, by default after an
                hour; `last_value` is the blueprint.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, BUILD)
        return Flow(
            partial(
                until_left,
                self.retrieve(id),
                _PASSING,
                "build_complete",
                polling,
                attrgetter("status"),
            ),
            name=f"wait for the build of {id}",
        )

    def create_and_await_build_complete(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[BlueprintBuildParametersParam],
    ) -> Flow[BlueprintView]:
        """Have a blueprint built and wait until it is.

        Raises:
            WaitError: The build failed; `last_value` is the blueprint.
            PollingTimeout: It was not complete by the deadline, by default after an
                hour; `last_value` is the blueprint.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, BUILD)
        return started(
            self.create(**fields),
            lambda begun: self.await_build_complete(begun.id, polling_config=polling),
            polling,
            name="create a blueprint",
            what="a blueprint",
            left=lambda begun: f"the blueprint {begun.id} was created",
        )

    def create(
        self, **fields: Unpack[BlueprintBuildParametersParam]
    ) -> Call[BlueprintView]:
        """Have a blueprint built; the response comes before it is."""
        return self._post(
            "/v1/blueprints", BlueprintView, fields, BlueprintBuildParametersParam
        )

    def create_from_inspection(
        self, **fields: Unpack[BlueprintBuildFromInspectionParams]
    ) -> Call[BlueprintView]:
        """Have a blueprint of an inspected repository built."""
        return self._post(
            "/v1/blueprints/create_from_inspection",
            BlueprintView,
            fields,
            BlueprintBuildFromInspectionParams,
        )

    def retrieve(self, id: str) -> Call[BlueprintView]:
        """Return one blueprint."""
        return self._get("/v1/blueprints/{id}", BlueprintView, id=id)

    def list(self, **query: Unpack[BlueprintListParams]) -> PageCall[BlueprintView]:
        """List the account's blueprints."""
        return self._list(
            "/v1/blueprints",
            BlueprintListView,
            lambda page: page.blueprints,
            query,
            BlueprintListParams,
        )

    def list_public(
        self, **query: Unpack[BlueprintListParams]
    ) -> PageCall[BlueprintView]:
        """List the blueprints that everyone can use."""
        return self._list(
            "/v1/blueprints/list_public",
            BlueprintListView,
            lambda page: page.blueprints,
            query,
            BlueprintListParams,
        )

    def preview(
        self, **fields: Unpack[BlueprintBuildParametersParam]
    ) -> Call[BlueprintPreviewView]:
        """Return the Dockerfile that a build would use; deprecated by the service."""
        return self._post(
            "/v1/blueprints/preview",
            BlueprintPreviewView,
            fields,
            BlueprintBuildParametersParam,
            safety=Safety.SAFE,
        )

    def logs(self, id: str) -> Call[BlueprintBuildLogsListView]:
        """Return the log of a build."""
        return self._get("/v1/blueprints/{id}/logs", BlueprintBuildLogsListView, id=id)

    def delete(self, id: str) -> Call[None]:
        """Delete a blueprint that no devbox or other blueprint needs."""
        return self._set("/v1/blueprints/{id}/delete", NoneType, GONE, id=id)

    def metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that blueprints have."""
        return self._get("/v1/blueprints/metadata/keys", MetadataKeysView)

    def metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that blueprints have under a metadata key."""
        return self._get(
            "/v1/blueprints/metadata/keys/{key}/values", MetadataValuesView, key=key
        )

    def public_metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that public blueprints have."""
        return self._get("/v1/blueprints/public/metadata/keys", MetadataKeysView)

    def public_metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that public blueprints have under a key."""
        return self._get(
            "/v1/blueprints/public/metadata/keys/{key}/values",
            MetadataValuesView,
            key=key,
        )
