"""Contents at presigned URLs, to which the API's key does not go."""

from collections.abc import Mapping

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.files import WHOLE_S, Download
from runloop_async.calls.reading import reader
from runloop_async.calls.runner import Runner
from runloop_async.wire.request import Content, Request, Safety, Workload

_PUT = "{upload_url}"
_GET = "{download_url}"
"""What errors and logs have in place of the URLs, which let anybody in."""


def put(
    runner: Runner, url: str, headers: Mapping[str, str] | None, content: Content
) -> Call[None]:
    """Return a call that writes a content to a presigned URL.

    It is sent without a media type of ours: the signature may not allow for one.
    """
    request = Request(
        method="PUT",
        route=_PUT,
        path=_PUT,
        url=url,
        content=attrs.evolve(content, type=None),
        headers=tuple((headers or {}).items()),
        safety=Safety.SAFE,
        workload=Workload.UPLOAD,
        timeout_s=WHOLE_S,
    )
    return Call(runner, request, lambda _: None)


def get(runner: Runner, url: str) -> Download:
    """Return a call that fetches what is at a presigned URL."""
    request = Request(
        method="GET",
        route=_GET,
        path=_GET,
        url=url,
        accept="application/octet-stream",
        workload=Workload.DOWNLOAD,
        timeout_s=WHOLE_S,
    )
    return Download(runner, request, reader(bytes))
