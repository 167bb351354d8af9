"""11.3: the pytest fixtures work in tests of every loop scope and mode."""

import asyncio
from pathlib import Path

import pytest

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator
from tests.programs import pytest_in

LOOPS = "-oasyncio_default_fixture_loop_scope=function"  # or it warns
TESTS = """
import pytest

asynchronous = {mark}

@asynchronous
async def test_one(runloop_client, runloop_emulator):
    ids = runloop_emulator.populate(runs=3)
    assert len(await runloop_client.benchmark_runs.list().all()) >= 3
    assert (await runloop_client.benchmark_runs.retrieve(ids[0])).id == ids[0]

@asynchronous
async def test_two(runloop_client, runloop_emulator):
    await runloop_emulator.refuse()
    await runloop_emulator.listen()
    assert (await runloop_client.accounts.me()).id
    assert len(await runloop_client.benchmark_runs.list().all()) == {left}

def test_without_a_loop(runloop_client, runloop_emulator):
    assert runloop_emulator.url
"""


@pytest.mark.parametrize("scope", ["function", "module", "session"])
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_loop_scopes_and_modes(tmp_path: Path, mode: str, scope: str) -> None:
    mark = f"pytest.mark.asyncio(loop_scope={scope!r})"
    tests = TESTS.format(mark=mark, left=0)

    last = pytest_in(tmp_path, tests, f"-oasyncio_mode={mode}", LOOPS)

    assert last.startswith("3 passed")


@pytest.mark.parametrize("scope", ["module", "session"])
def test_one_emulator_for_many_tests(tmp_path: Path, scope: str) -> None:
    mark = "pytest.mark.asyncio"
    tests = TESTS.format(mark=mark, left=3)

    last = pytest_in(tmp_path, tests, f"-orunloop_emulator_scope={scope}", LOOPS)

    assert last.startswith("3 passed")


def test_anyio_alone(tmp_path: Path) -> None:
    tests = TESTS.format(mark="pytest.mark.anyio", left=0)
    tests += "\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"

    last = pytest_in(
        tmp_path,
        tests,
        "--disable-plugin-autoload",
        "-panyio.pytest_plugin",
        "-ppytest_runloop_async",
    )

    assert last.startswith("3 passed")


def test_a_client_belongs_to_the_loop_that_it_first_sends_in() -> None:
    with Emulator() as api, asyncio.Runner() as first, asyncio.Runner() as second:
        client = AsyncRunloop(bearer_token="any", base_url=api.url)
        first.run(client.__aenter__())

        second.run(ask(client))
        second.run(client.__aexit__(None, None, None))

        assert client.is_closed


async def ask(client: AsyncRunloop) -> None:
    assert (await client.accounts.me()).id
