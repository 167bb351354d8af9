"""A client that is never closed is told of once, by the line that made it."""

import asyncio
import gc
import subprocess
import sys

import pytest

from runloop_async import APIConnectionError, AsyncRunloop
from runloop_async.sending.transport.connector import Connector
from tests.rawserver import RawServer, http_json
from tests.samples import run
from tests.sends import KEY

PROGRAM = """
import asyncio
from runloop_async import APIConnectionError, AsyncRunloop
client = AsyncRunloop(bearer_token="canary", base_url="{url}")
asyncio.run(client.benchmark_runs.retrieve("bmr_1").start())
"""


async def test_a_program_that_forgets(tmp_path_factory: pytest.TempPathFactory) -> None:
    program = tmp_path_factory.mktemp("program") / "forgetful.py"
    async with RawServer(http_json(run())) as server:
        program.write_text(PROGRAM.format(url=server.url))
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-W", "always", str(program)],
            stderr=subprocess.PIPE,
        )
        _, stderr = await asyncio.wait_for(process.communicate(), 60)

    text = stderr.decode()
    assert text.count("ResourceWarning") == 1
    assert "forgetful.py:4" in text
    assert "nclosed" not in text
    assert "canary" not in text


async def test_a_client_that_is_collected() -> None:
    async with RawServer(http_json(run())) as server:
        clients = [AsyncRunloop(base_url=server.url, bearer_token=KEY)]
        await clients[0].benchmark_runs.retrieve("bmr_1")

        def drop() -> None:
            clients.clear()
            gc.collect()

        with pytest.warns(ResourceWarning, match=r"test_7_11.*\.py:\d+ was not closed"):
            drop()
        await server.is_left()


async def test_a_client_without_a_connection_leaves_nothing_behind() -> None:
    client = AsyncRunloop(base_url="http://127.0.0.1:1", bearer_token=KEY)
    with pytest.raises(APIConnectionError):
        await client.benchmark_runs.retrieve("bmr_1").with_options(max_retries=0)

    del client
    gc.collect()


async def test_a_client_that_the_end_of_the_interpreter_collects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connector = Connector(None, "here")
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "warnings")  # as modules are, by then
        connector.cut()

    assert connector.closed
