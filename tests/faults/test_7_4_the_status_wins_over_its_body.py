"""An error status whose body cannot be read: the typed error, and its retries."""

import pytest

from runloop_async import APIStatusError, AsyncRunloop, NotFoundError
from tests.rawserver import (
    Answer,
    RawServer,
    chunked,
    http,
    http_json,
    then_close,
    then_reset,
)
from tests.samples import ACCOUNT

CUT = b'{"message": "none"'


def spoilt(status: int, *headers: str) -> dict[str, Answer]:
    """Return responses of a status with bodies that cannot be read to their end."""
    return {
        "cut": then_close(http(CUT, *headers, status=status, length=100)),
        "reset": then_reset(http(CUT, *headers, status=status, length=100)),
        "mislabelled": http(CUT, "Content-Encoding: gzip", *headers, status=status),
        "unending chunks": then_close(
            chunked(CUT).replace(b"200 OK", f"{status} Word".encode(), 1)
        ),
    }


@pytest.mark.parametrize("kind", spoilt(404))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_a_final_status_is_told_at_once(status: int, kind: str) -> None:
    async with (
        RawServer(spoilt(status)[kind]) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        with pytest.raises(APIStatusError) as caught:
            await client.accounts.me()

    assert caught.value.status_code == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["cut", "reset", "mislabelled"])
async def test_a_throttled_write_is_made_again(kind: str) -> None:
    throttled = spoilt(429, "Retry-After: 0.01")[kind]
    async with (
        RawServer(throttled, http_json(ACCOUNT)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        await client.apikeys.create().raw()

    assert len(server.requests) == 2


@pytest.mark.parametrize("kind", spoilt(404))
async def test_a_refused_download_is_told_at_once(kind: str) -> None:
    async with (
        RawServer(spoilt(404)[kind]) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        with pytest.raises(NotFoundError):
            await client.benchmark_runs.download_logs("bmr_1").write_to_file("x")

    assert len(server.requests) == 1
