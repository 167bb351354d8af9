"""Files on devboxes."""

from types import NoneType
from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.files import WHOLE_S, Download, multipart
from runloop_async.calls.resource import Resource
from runloop_async.calls.sources import OnBytes, Source, content_of
from runloop_async.models.devboxes.devboxes import (
    DevboxDownloadFileParams,
    DevboxReadFileContentsParams,
    DevboxWriteFileContentsParams,
)
from runloop_async.models.devboxes.executions import DevboxExecutionDetailView
from runloop_async.wire.request import Safety


class Files(Resource):
    """Files on devboxes."""

    def upload_file(
        self,
        id: str,
        *,
        path: str,
        file: Source | None = None,
        progress: OnBytes | None = None,
    ) -> Call[None]:
        """Write a file, of any size, in constant memory.

        Args:
            id: The devbox.
            path: Path of the file on the devbox.
            file: What to write: a `pathlib.Path`, bytes, a file open for reading bytes,
                an async iterator of bytes, or a tuple of a name, one of these, and
                maybe a media type and headers. An open file is sent from where it
                stands, and stays there. A pipe or an iterator can be sent only once.
            progress: Is told how many bytes have been sent so far; may be a coroutine
                function.

        Raises:
            TypeError: The file is none of these.
            ValueError: It is closed, stands at its end, or was sent before and cannot
                be read again.
            OSError: There is no such file.
        """
        content = multipart(
            {"path": path}, None if file is None else content_of(file, progress)
        )
        return self._upload("/v1/devboxes/{id}/upload_file", NoneType, content, id=id)

    def download_file(
        self, id: str, **fields: Unpack[DevboxDownloadFileParams]
    ) -> Download:
        """Fetch a file."""
        return self._file(
            "/v1/devboxes/{id}/download_file",
            fields,
            DevboxDownloadFileParams,
            accept="application/octet-stream",
            id=id,
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
            timeout_s=WHOLE_S,
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
            timeout_s=WHOLE_S,
            id=id,
        )
