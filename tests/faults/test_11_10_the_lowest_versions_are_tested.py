"""11.10: the lowest versions that are allowed are those that `make matrix` tests."""

import tomllib
from pathlib import Path

import aiohttp
import pytest

from runloop_async.testing import Emulator
from tests import matrix

ROOT = Path(__file__).parent.parent.parent


def test_each_dependency_has_a_lowest_version_which_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert [each.replace(">=", "==") for each in project["dependencies"]] == [
        *matrix.lowest()
    ]
    assert all("==" in each for each in matrix.lowest())


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1,]"])
async def test_a_bad_body_is_the_clients_mistake(
    runloop_emulator: Emulator, body: bytes
) -> None:
    headers = {"authorization": "Bearer any", "content-type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{runloop_emulator.url}/v1/benchmarks", data=body) as response,
    ):
        assert response.status == 400
