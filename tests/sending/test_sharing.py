"""A pool serves clients of several servers, and takes back what was read whole."""

from pathlib import Path

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http, http_json
from tests.samples import run
from tests.sends import KEY


async def test_another_base_url_is_another_server() -> None:
    async with (
        RawServer(http_json(run("bmr_one"))) as one,
        RawServer(http_json(run("bmr_two"))) as two,
        AsyncRunloop(base_url=one.url, bearer_token="key-one") as client,
    ):
        other = client.with_options(base_url=two.url, bearer_token="key-two")
        got = [
            (await each.benchmark_runs.retrieve("bmr_1")).id
            for each in (client, other, client, other)
        ]

    assert got == ["bmr_one", "bmr_two"] * 2
    assert {each.headers["authorization"] for each in one.requests} == {
        "Bearer key-one"
    }
    assert {each.headers["authorization"] for each in two.requests} == {
        "Bearer key-two"
    }


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_download_gives_its_connection_back(
    encoding: str, tmp_path: Path
) -> None:
    body = b"" if encoding == "gzip" else b"log"
    async with (
        RawServer(http(body, f"Content-Encoding: {encoding}")) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        for _ in range(3):
            file = client.benchmark_runs.download_logs("bmr_1")
            await file.write_to_file(tmp_path / "log")

        assert (len(server.requests), server.connections) == (3, 1)
