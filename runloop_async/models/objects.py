"""Storage objects: files that the service keeps."""

from collections.abc import Mapping
from typing import Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import CountedPageParams, Open

ObjectContentType: TypeAlias = Open[
    Literal["unspecified", "text", "binary", "gzip", "tar", "tgz"]
]
"""What an object holds; no MIME type."""
ObjectState: TypeAlias = Open[Literal["UPLOADING", "READ_ONLY", "DELETED", "ERROR"]]
"""How far an object is."""


@attrs.frozen(kw_only=True)
class ObjectView:
    """A storage object."""

    id: str
    """Identifier of the object."""
    content_type: ObjectContentType
    """What it holds."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    name: str
    """Its name."""
    state: ObjectState
    """Whether it waits for its content, has it, is deleted or failed."""
    delete_after_time_ms: int | None = None
    """When it will be deleted, in Unix milliseconds."""
    metadata: dict[str, str] | None = None
    """Words of the owner's own to find it by."""
    size_bytes: int | None = None
    """Bytes of its content; None until it is complete."""
    upload_headers: dict[str, str] | None = attrs.field(default=None, repr=False)
    """Headers that the upload must have."""
    upload_url: str | None = attrs.field(default=None, repr=False)
    """Where to PUT the content, without the API's key; None once complete."""


@attrs.frozen(kw_only=True)
class ObjectListView:
    """A page of storage objects."""

    has_more: bool
    """Whether another page follows."""
    objects: list[ObjectView]
    """The objects."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class ObjectDownloadUrlView:
    """Where the content of an object can be fetched."""

    download_url: str = attrs.field(repr=False)
    """A URL that needs no key, and ends after some time."""


class ObjectCreateParams(TypedDict, total=False):
    """What a storage object is made of."""

    content_type: Required[ObjectContentType]
    """What it holds."""
    name: Required[str]
    """Its name."""
    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    ttl_ms: int | None
    """Milliseconds after which it is deleted; default is never."""


class ObjectListParams(CountedPageParams, total=False):
    """Which storage objects to list."""

    content_type: ObjectContentType
    """Only those that hold this."""
    name: str
    """Only those whose name has this in it."""
    search: str
    """Only those whose id or name has this in it."""
    state: ObjectState
    """Only those that are this far."""


class ObjectDownloadParams(TypedDict, total=False):
    """How long a download may begin."""

    duration_seconds: int
    """Seconds that the URL is good for; default 3,600."""
