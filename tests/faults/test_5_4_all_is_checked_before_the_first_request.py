"""`polling_config`: None is the default, and what is no setting is refused at once."""

import inspect
from typing import Any

import pytest

from runloop_async import AsyncRunloop, ConfigurationError, Flow
from tests import surface
from tests.rawserver import RawServer, http_json
from tests.samples import scenario_run

CLIENT: Any = AsyncRunloop(bearer_token="any")
IDS = {"id": "x_1", "devbox_id": "dbx_1", "execution_id": "exe_1", "ids": ["bmr_1"]}
FIELDS = {"create_and_await_build_complete": {"name": "a"}}
FIELDS["start_run_and_await_env_ready"] = {"scenario_id": "scn_1"}
FIELDS["execute_and_await_completion"] = {"command": "ls"}


WAITS = {
    name: method
    for group, resource in surface.groups(CLIENT)
    for name, method in surface.methods(resource, f"client.{group}")
    if "polling_config" in inspect.signature(method).parameters
}


def made(name: str, polling_config: object) -> Any:
    method = WAITS[name]
    known = inspect.signature(method).parameters
    needed = {key: value for key, value in IDS.items() if key in known}
    needed |= FIELDS.get(method.__name__, {})
    return method(**needed, polling_config=polling_config)


@pytest.mark.parametrize("name", WAITS.keys() - {"client.devboxes.open"})
def test_none_is_the_default(name: str) -> None:
    flow = made(name, None)

    flow.close()
    assert isinstance(flow, Flow)


@pytest.mark.parametrize("name", WAITS)
@pytest.mark.parametrize("setting", [{"timeout_seconds": 3}, 5, "long", []], ids=repr)
def test_what_is_no_setting_is_refused(name: str, setting: object) -> None:
    with pytest.raises(TypeError, match="polling_config must be a PollingConfig"):
        made(name, setting)


@pytest.mark.parametrize("name", WAITS)
def test_an_unusable_setting_is_refused(name: str) -> None:
    class Official:
        """As the official client's."""

        interval_seconds = -1
        max_attempts = 3
        timeout_seconds = None

    with pytest.raises(ConfigurationError, match="interval_seconds"):
        made(name, Official())


async def test_nothing_is_sent_before_all_is_checked() -> None:
    async with (
        RawServer(http_json(scenario_run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        runs: Any = client.scenarios.runs
        with pytest.raises(TypeError):
            await runs.score_and_complete("srn_1", polling_config={})
        with pytest.raises(TypeError):
            await client.bulk([], on_progress=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

        with pytest.raises(TypeError, match="progress must be"):
            await client.devboxes.upload_file("d", path="a", file=b"", progress=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError, match="progress must be"):
            await client.benchmark_runs.download_logs("bmr_1").write_to_file("a", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert server.requests == []
