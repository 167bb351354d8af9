import asyncio
import socket
import time

import aiohttp
import pytest
from aiohttp import web

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator, Phases, Stats, delay, drip
from runloop_async.testing.listening import Door
from tests.testing.talk import calling, given_up, until
from tests.turns import settle

ME = "/v1/accounts/me"


async def test_it_listens_on_a_loopback_port_of_its_own() -> None:
    async with Emulator() as one, Emulator() as other:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.url != other.url


async def test_it_can_be_started_and_stopped_by_hand() -> None:
    api = Emulator()
    await api.start()
    async with calling(api) as caller:
        reply = await caller.get(ME)
    await api.stop()
    assert reply.status == 200


async def test_it_keeps_its_state_from_one_start_to_the_next() -> None:
    api = Emulator()
    async with api:
        run = api.benchmark_runs.add()
    async with api, calling(api) as caller:
        reply = await caller.get(f"/v1/benchmark_runs/{run['id']}")
    assert reply.json == run


async def test_to_start_it_twice_is_an_error() -> None:
    async with Emulator() as api:
        with pytest.raises(RuntimeError, match="running already"):
            await api.start()


async def test_to_stop_it_twice_is_none() -> None:
    async with Emulator() as api:
        await api.stop()


def test_its_url_is_not_known_before_it_runs() -> None:
    with pytest.raises(RuntimeError, match="not running: use `async with"):
        _ = Emulator().url


async def test_once_stopped_it_refuses_connections() -> None:
    async with Emulator() as api, calling(api) as caller:
        await api.stop()
        with pytest.raises(aiohttp.ClientConnectorError):
            await caller.get(ME)


async def test_it_stops_at_once_with_connections_idle_delayed_and_dripping() -> None:
    before = asyncio.all_tasks()
    async with Emulator() as api, calling(api, keep_alive=True) as caller:
        await caller.get(ME)
        api.faults.add(delay(60.0), path="/v1/benchmark_runs")
        api.faults.add(drip(60.0), path="/v1/benchmarks")
        paths = ["/v1/benchmark_runs", "/v1/benchmarks"] * 5
        calls = [asyncio.create_task(caller.get(path)) for path in paths]
        await until(lambda: api.stats.in_flight == 10)

        begun_s = time.monotonic()
        await api.stop()
        took_s = time.monotonic() - begun_s

        left = asyncio.all_tasks() - before - set(calls)
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert took_s < 1.0
    assert left == set()
    assert all(isinstance(outcome, aiohttp.ClientError) for outcome in outcomes)
    assert api.stats.open_connections == 0
    assert api.stats.in_flight == 0


async def test_it_stops_at_once_while_a_delayed_client_has_gone_already() -> None:
    async with Emulator() as api, calling(api) as caller:
        api.faults.add(delay(60.0))
        await given_up(api, caller.get(ME))
        begun_s = time.monotonic()
        await api.stop()
        assert time.monotonic() - begun_s < 1.0


async def test_a_connection_that_slips_in_while_the_door_is_shut_is_broken_off() -> (
    None
):
    async def never(_: web.BaseRequest) -> web.StreamResponse:
        raise AssertionError

    stats = Stats()
    door = Door(never, stats)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        await asyncio.get_running_loop().connect_accepted_socket(door, ours)
        assert stats.open_connections == 1
        await door.gone()
        assert theirs.recv(1) == b""
    await door.close()
    assert stats.open_connections == 0


@pytest.mark.parametrize("turns", range(6))
async def test_it_waits_for_connections_that_are_just_accepted(turns: int) -> None:
    api = Emulator()
    await api.start()
    address = ("127.0.0.1", int(api.url.rpartition(":")[2]))
    with socket.create_connection(address):
        for _ in range(turns):
            await asyncio.sleep(0)

        await api.stop()
        seen = api.stats.most_open_connections
        await settle()

    assert api.stats.most_open_connections == seen
    assert api.stats.open_connections == 0


async def test_it_can_refuse_connections_and_listen_again_on_the_same_port() -> None:
    async with Emulator() as api, calling(api, keep_alive=True) as caller:
        url = api.url
        await caller.get(ME)

        await api.refuse()

        assert api.url == url
        with pytest.raises(aiohttp.ClientConnectorError):
            await caller.get(ME)

        await api.listen()

        assert (await caller.get(ME)).status == 200
        assert api.url == url


async def test_to_refuse_or_listen_twice_changes_nothing() -> None:
    async with Emulator() as api, calling(api) as caller:
        await api.refuse()
        await api.refuse()
        await api.listen()
        await api.listen()
        assert (await caller.get(ME)).status == 200


async def test_it_can_be_stopped_while_it_refuses() -> None:
    async with Emulator() as api:
        await api.refuse()
    with pytest.raises(RuntimeError, match="not running"):
        _ = api.url


async def test_dropped_connections_are_made_anew() -> None:
    async with Emulator() as api, calling(api, keep_alive=True) as caller:
        await caller.get(ME)
        api.drop_connections()
        await until(lambda: api.stats.open_connections == 0)
        assert (await caller.get(ME)).status == 200


async def test_time_moves_on_by_itself_at_the_speed_asked_for() -> None:
    async with Emulator(speed=1000.0, phases=Phases(scoring=10.0)) as api:
        run = api.scenarios.runs.add(state="running")
        path = f"/v1/scenarios/runs/{run['id']}"
        async with calling(api) as caller:
            await caller.post(f"{path}/score")
            await asyncio.sleep(0.02)
            reply = await caller.get(path)
    assert reply.json["state"] == "scored"


async def test_time_that_stands_still_moves_by_hand() -> None:
    async with Emulator(speed=0.0, phases=Phases(scoring=10.0)) as api:
        run = api.scenarios.runs.add(state="running")
        async with calling(api) as caller:
            await caller.post(f"/v1/scenarios/runs/{run['id']}/score")
        api.advance(9.9)
        assert run["state"] == "scoring"
        api.advance(0.2)
        assert run["state"] == "scored"


@pytest.mark.parametrize("name", ["initializing", "queued", "run", "scoring"])
def test_a_phase_below_0_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a number of at least 0"):
        Phases(**{name: -1.0})


def test_a_speed_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match="speed must be a number of at least 0"):
        Emulator(speed=-1.0)


async def answers(seed: int) -> list[bytes]:
    async with Emulator(speed=0.0, seed=seed) as api, calling(api) as caller:
        ids = api.populate(runs=5)
        await caller.post("/v1/scenarios/scorers", {"type": "t", "bash_script": "b"})
        paths = [f"/v1/benchmark_runs/{ids[3]}", "/v1/scenarios/scorers"]
        return [(await caller.get(path)).body for path in paths]


async def test_the_same_seed_gives_the_same_answers() -> None:
    assert await answers(1) == await answers(1)
    assert await answers(1) != await answers(2)


async def test_many_connections_at_once_are_accepted() -> None:
    async with Emulator() as api, calling(api) as caller:
        api.faults.add(delay(0.5))
        replies = await asyncio.gather(*(caller.get(ME) for _ in range(90)))
    assert {reply.status for reply in replies} == {200}
    assert api.stats.most_open_connections == 90


async def test_a_regression_is_planted() -> None:
    async with Emulator() as api:
        before, after = api.plant_regression(scenarios=5, attempts=2, regressed=2)
        async with AsyncRunloop(bearer_token="any", base_url=api.url) as client:
            scores = [await scores_of(client, run_id) for run_id in (before, after)]

    assert [*map(len, scores)] == [5, 5]
    planted = [
        name
        for name, found in scores[0].items()
        if found == [1.0, 1.0] and scores[1][name] == [0.0, 0.0]
    ]
    assert len(planted) >= 2


async def scores_of(client: AsyncRunloop, run_id: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    async for each in client.benchmark_runs.list_scenario_runs(run_id):
        assert each.scoring_contract_result is not None
        score = each.scoring_contract_result.score
        found.setdefault(each.scenario_id, []).append(score)
    return found
