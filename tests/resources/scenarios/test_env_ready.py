"""Attempts at scenarios, from the start until their devboxes have booted."""

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator


async def test_an_attempt_is_there_when_its_devbox_runs() -> None:
    async with (
        Emulator(speed=100.0) as api,
        AsyncRunloop(bearer_token="any", base_url=api.url) as client,
    ):
        scenario = api.scenarios.add()
        run = await client.scenarios.start_run_and_await_env_ready(
            scenario_id=scenario["id"]
        )
        devbox = await client.devboxes.retrieve(run.devbox_id)

    assert devbox.status == "running"
    assert run.scenario_id == scenario["id"]
