"""Storage objects."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack

from runloop_async.calls.already import GONE, moved
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Steps
from runloop_async.calls.files import Download
from runloop_async.calls.held import Held, made, reported
from runloop_async.calls.left import Left
from runloop_async.calls.paging import PageCall
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.sources import Bytes, OnBytes, checked_progress
from runloop_async.calls.spool import Make, archived, sized
from runloop_async.calls.storage import get, put
from runloop_async.errors import APIResponseValidationError, RunloopError
from runloop_async.models.objects import (
    ObjectContentType,
    ObjectCreateParams,
    ObjectDownloadParams,
    ObjectDownloadUrlView,
    ObjectListParams,
    ObjectListView,
    ObjectView,
)
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.options import CallOptions
from runloop_async.values import named_text

_KINDS: Final[Mapping[str, ObjectContentType]] = {
    **dict.fromkeys((".txt", ".html", ".css", ".js", ".json", ".xml"), "text"),
    **dict.fromkeys((".yaml", ".yml", ".md", ".csv"), "text"),
    **dict.fromkeys((".tgz", ".tar.gz"), "tgz"),
    ".gz": "gzip",
    ".tar": "tar",
}
"""What files hold, by the ends of their names."""


class UploadParams(TypedDict, total=False):
    """What an uploaded object has besides its content."""

    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    ttl_ms: int | None
    """Milliseconds after which it is deleted; default is never."""


class Objects(Resource):
    """Storage objects: files that the service keeps."""

    def upload_from_file(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        *,
        content_type: ObjectContentType | None = None,
        progress: OnBytes | None = None,
        **fields: Unpack[UploadParams],
    ) -> Flow[ObjectView]:
        """Create an object with the content of a file, in constant memory.

        Args:
            path: The file.
            name: Its name in storage; that of the file by default.
            content_type: What it holds; by default told by the end of its name.
            progress: Is told how many bytes have been sent so far.
            **fields: What the object has besides.

        Raises:
            OSError: There is no such file.
            ValueError: It is not a regular file.
            APIError: It could not be uploaded; then the object is deleted, or a note
                of the error says that it is not.
        """
        file = Path(path)
        kind = content_type or _kind_of(file.name)
        make = sized(file, progress)
        return self._uploaded(name or file.name, kind, make, fields)

    def upload_from_bytes(
        self,
        content: Bytes,
        name: str,
        *,
        content_type: ObjectContentType = "binary",
        progress: OnBytes | None = None,
        **fields: Unpack[UploadParams],
    ) -> Flow[ObjectView]:
        """Create an object with a content; see `upload_from_file`.

        Args:
            content: Bytes, a file open for reading bytes, or an async iterator of
                bytes, which goes into a temporary file first.
            name: Its name in storage.
            content_type: What it holds.
            progress: Is told how many bytes have been sent so far.
            **fields: What the object has besides.
        """
        return self._uploaded(name, content_type, sized(content, progress), fields)

    def upload_from_text(
        self, text: str, name: str, **fields: Unpack[UploadParams]
    ) -> Flow[ObjectView]:
        """Create an object with a text; see `upload_from_file`."""
        content = named_text("text", text).encode()
        return self._uploaded(name, "text", sized(content, None), fields)

    def upload_from_dir(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        *,
        progress: OnBytes | None = None,
        **fields: Unpack[UploadParams],
    ) -> Flow[ObjectView]:
        """Create an object with an archive of a folder; see `upload_from_file`.

        Args:
            path: The folder.
            name: Its name in storage; that of the folder and `.tgz` by default.
            progress: Is told how many bytes have been sent so far.
            **fields: What the object has besides.

        Raises:
            ValueError: There is no such folder.
        """
        folder = Path(path)
        name = name or f"{folder.resolve().name}.tgz"
        return self._uploaded(name, "tgz", archived(folder, progress), fields)

    def download_as_bytes(self, id: str) -> Flow[bytes]:
        """Return the content of an object."""
        return self._downloaded(id, _as_bytes)

    def download_as_text(self, id: str) -> Flow[str]:
        """Return the content of an object as text, which must be UTF-8."""
        return self._downloaded(id, _as_text)

    def download_to_file(
        self, id: str, path: str | os.PathLike[str], progress: OnBytes | None = None
    ) -> Flow[int]:
        """Write the content of an object to a file, and return its size in bytes.

        It takes constant memory, and the file is replaced as a whole; see
        `Download.write_to_file`.
        """
        checked_progress(progress)

        async def write(download: Download) -> int:
            return await download.write_to_file(path, progress)

        return self._downloaded(id, write)

    def _uploaded(
        self,
        name: str,
        content_type: ObjectContentType,
        make: Make,
        fields: UploadParams,
    ) -> Flow[ObjectView]:
        created = self.create(name=name, content_type=content_type, **fields)
        work = partial(self._upload_whole, created, name, make)
        return Flow(work, name=f"upload {name}", first=created)

    async def _upload_whole(
        self,
        created: Call[ObjectView],
        name: str,
        make: Make,
        **options: Unpack[CallOptions],
    ) -> ObjectView:
        step = Steps(self._runner.clock, options)
        created.close()  # it is meant to be sent, even if there turns out to be nothing
        async with make() as content:
            found = await made(step(created), self._held(name))
            is_there = False
            try:
                # URLs are not bound to names: tracebacks show locals.
                await step(
                    put(self._runner, _upload_url(found), found.upload_headers, content)
                )
                is_there = True
                return await step(self.complete(found.id))
            except BaseException as error:
                tidied = partial(self._tidied, found.id, is_there=is_there)
                await reported(tidied, error)
                raise

    def _held(self, name: str) -> Held:
        return Held(
            end=lambda found: self.delete(found.id),
            what=lambda found: f"the object {found.id if found else repr(name)}",
        )

    async def _tidied(self, id: str, *, is_there: bool) -> str:
        """Delete an object whose upload has failed, and say so.

        Args:
            id: The object.
            is_there: Whether its content was uploaded, so that it may be complete. Then
                it is left.
        """
        try:
            if is_there:
                state = (await self.retrieve(id)).state
                if state != "UPLOADING":
                    return Left(f"the object {id} was uploaded, and is {state}")
            await self.delete(id)
        except RunloopError as failure:
            return Left(f"the object {id} may be left: {failure}")
        return f"the object {id} has been deleted"

    def _downloaded(self, id: str, read: Callable[[Download], Any]) -> Flow[Any]:
        found = self.download(id)

        async def work(**options: Unpack[CallOptions]) -> Any:
            step = Steps(self._runner.clock, options)
            where = await step(found)
            return await read(step(get(self._runner, where.download_url)))

        return Flow(work, name=f"download {id}", first=found)

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
        return self._set(
            "/v1/objects/{id}/complete",
            ObjectView,
            moved(partial(self.retrieve, id), "READ_ONLY"),
            id=id,
        )

    def delete(self, id: str) -> Call[ObjectView | None]:
        """Delete an object, and return it.

        None if the response was lost, and there was nothing left for a repetition.
        """
        return self._set("/v1/objects/{id}/delete", ObjectView, GONE, id=id)

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


def _upload_url(found: ObjectView) -> str:
    if found.upload_url is None:
        raise APIResponseValidationError(
            f"the object {found.id} has no upload_url", expected="str", found="null"
        )
    return found.upload_url


def _kind_of(name: str) -> ObjectContentType:
    for end, kind in _KINDS.items():
        if name.lower().endswith(end):
            return kind
    return "unspecified"


async def _as_bytes(download: Download) -> bytes:
    return await download


async def _as_text(download: Download) -> str:
    return (await download).decode()
