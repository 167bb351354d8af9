"""Files on devboxes."""

from types import NoneType
from typing import Final, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.files import Download, Progress, download
from runloop_async.calls.resource import Resource
from runloop_async.calls.uploads import Source, content_of, multipart, with_content
from runloop_async.models.devboxes.devboxes import (
    DevboxDownloadFileParams,
    DevboxReadFileContentsParams,
    DevboxWriteFileContentsParams,
)
from runloop_async.models.devboxes.executions import DevboxExecutionDetailView
from runloop_async.wire.request import Safety, Workload

LONG_S: Final = 600.0
"""Seconds that what may take long may take, as in the official client."""


class Files(Resource):
    """Files on devboxes."""

    def upload_file(
        self,
        id: str,
        *,
        path: str,
        file: Source | None = None,
        progress: Progress | None = None,
    ) -> Call[None]:
        """Write a file, of any size, in constant memory.

        Args:
            id: The devbox.
            path: Path of the file on the devbox.
            file: What to write: a `pathlib.Path`, a file open for reading bytes, bytes,
                an async iterator of bytes, or a tuple of a name and one of these.
            progress: Is told how many bytes have been sent so far.
        """
        content = multipart(
            {"path": path}, None if file is None else content_of(file, progress)
        )
        call = self._post(
            "/v1/devboxes/{id}/upload_file",
            NoneType,
            safety=Safety.SAFE,
            workload=Workload.TRANSFER,
            timeout_s=LONG_S,
            id=id,
        )
        return with_content(call, content)

    def download_file(
        self, id: str, **fields: Unpack[DevboxDownloadFileParams]
    ) -> Download:
        """Fetch a file."""
        return download(
            self._post(
                "/v1/devboxes/{id}/download_file",
                bytes,
                fields,
                DevboxDownloadFileParams,
                safety=Safety.SAFE,
                accept="application/octet-stream",
                id=id,
            )
        )

    def read_file_contents(
        self, id: str, **fields: Unpack[DevboxReadFileContentsParams]
    ) -> Call[str]:
        """Return the text of a file."""
        return self._post(
            "/v1/devboxes/{id}/read_file_contents",
            str,
            fields,
            DevboxReadFileContentsParams,
            safety=Safety.SAFE,
            accept="text/plain",
            timeout_s=LONG_S,
            workload=Workload.TRANSFER,
            id=id,
        )

    def write_file_contents(
        self, id: str, **fields: Unpack[DevboxWriteFileContentsParams]
    ) -> Call[DevboxExecutionDetailView]:
        """Write a text file; for more than 100 MB, see `upload_file`."""
        return self._post(
            "/v1/devboxes/{id}/write_file_contents",
            DevboxExecutionDetailView,
            fields,
            DevboxWriteFileContentsParams,
            safety=Safety.SAFE,
            timeout_s=LONG_S,
            workload=Workload.TRANSFER,
            id=id,
        )
