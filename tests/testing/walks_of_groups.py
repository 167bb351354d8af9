"""Walks over the groups of the API around devboxes."""

from typing import Any

import pytest
from runloop_api_client import AsyncRunloop, NotFoundError

from runloop_async.testing import Emulator
from tests.testing.walking import ids, newest_first, walks


@walks("agents.create")
async def walk_agent_create(client: AsyncRunloop, _api: Emulator) -> None:
    agent = await client.agents.create(
        name="a", version="1", source={"type": "npm", "npm": {"package_name": "p"}}
    )
    assert agent.source is not None
    assert agent.source.npm is not None
    assert agent.source.npm.package_name == "p"


@walks("agents.retrieve")
async def walk_agent_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.agents.add(name="a")
    assert (await client.agents.retrieve(row["id"])).name == "a"


@walks("agents.delete")
async def walk_agent_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.agents.add()
    await client.agents.delete(row["id"])
    with pytest.raises(NotFoundError):
        await client.agents.retrieve(row["id"])


@walks("agents.list")
async def walk_agent_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.agents.add(name=f"a{number}") for number in range(5)]
    public = api.agents.add(is_public=True)
    assert await ids(client.agents.list(limit=2)) == newest_first(rows)
    assert await ids(client.agents.list(is_public=True)) == [public["id"]]
    assert await ids(client.agents.list(name="a3")) == [rows[3]["id"]]


@walks("agents.list_public")
async def walk_agent_list_public(client: AsyncRunloop, api: Emulator) -> None:
    api.agents.add()
    public = api.agents.add(is_public=True)
    assert await ids(client.agents.list_public()) == [public["id"]]


@walks("agents.devbox_counts")
async def walk_agent_counts(client: AsyncRunloop, _api: Emulator) -> None:
    for name in ("a", "a", "b"):
        await client.devboxes.create(
            mounts=[{"type": "agent_mount", "agent_name": name, "agent_id": None}]
        )
    await client.devboxes.create(
        mounts=[{"type": "file_mount", "target": "/x", "content": ""}]
    )
    found = await client.agents.devbox_counts()
    assert found.counts == {"a": 2, "b": 1}
    assert found.total_count == 3


@walks("apikeys.create")
async def walk_key_create(client: AsyncRunloop, _api: Emulator) -> None:
    key = await client.apikeys.create(name="k", expires_at_ms=5)
    assert (key.name, key.expires_at_ms) == ("k", 5)
    assert key.key_secret


@walks("restricted_keys.create")
async def walk_restricted_key_create(client: AsyncRunloop, _api: Emulator) -> None:
    key = await client.restricted_keys.create(
        scopes=[
            {
                "access_level": "ACCESS_LEVEL_READ",
                "resource_type": "RESOURCE_TYPE_DEVBOXES",
            }
        ]
    )
    assert key.scopes is not None
    assert key.scopes[0].resource_type == "RESOURCE_TYPE_DEVBOXES"


@walks("secrets.create")
async def walk_secret_create(client: AsyncRunloop, _api: Emulator) -> None:
    secret = await client.secrets.create(name="S", value="v")
    assert secret.name == "S"


@walks("secrets.retrieve")
async def walk_secret_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    api.secrets.add(name="S")
    newest = api.secrets.add(name="S")
    assert (await client.secrets.retrieve("S")).id == newest["id"]
    with pytest.raises(NotFoundError):
        await client.secrets.retrieve("T")


@walks("secrets.update")
async def walk_secret_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.secrets.add(name="S", update_time_ms=0)
    assert (await client.secrets.update("S", value="w")).id == row["id"]
    assert row["update_time_ms"] > 0


@walks("secrets.list")
async def walk_secret_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.secrets.add(name=f"S{number}") for number in range(3)]
    page = await client.secrets.list(limit=2)
    assert [each.id for each in page.secrets] == newest_first(rows)[:2]
    assert page.has_more


@walks("secrets.delete")
async def walk_secret_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.secrets.add(name="S")
    assert (await client.secrets.delete("S")).id == row["id"]
    assert (await client.secrets.list()).secrets == []


@walks("secrets.retrieve_by_id")
async def walk_secret_by_id(client: Any, api: Emulator) -> None:
    row = api.secrets.add(name="S")
    assert (await client.secrets.retrieve_by_id(row["id"])).name == "S"


@walks("secrets.update_by_id")
async def walk_secret_update_by_id(client: Any, api: Emulator) -> None:
    row = api.secrets.add(name="S")
    assert (await client.secrets.update_by_id(row["id"], value="w")).name == "S"


@walks("secrets.delete_by_id")
async def walk_secret_delete_by_id(client: Any, api: Emulator) -> None:
    row = api.secrets.add(name="S")
    assert (await client.secrets.delete_by_id(row["id"])).id == row["id"]
    assert (await client.secrets.list()).secrets == []


@walks("network_policies.create")
async def walk_policy_create(client: AsyncRunloop, _api: Emulator) -> None:
    policy = await client.network_policies.create(
        name="p", allow_all=False, allowed_hostnames=["a.example"]
    )
    assert policy.egress.allowed_hostnames == ["a.example"]


@walks("network_policies.retrieve")
async def walk_policy_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.network_policies.add(name="p")
    assert (await client.network_policies.retrieve(row["id"])).name == "p"


@walks("network_policies.update")
async def walk_policy_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.network_policies.add(name="p")
    policy = await client.network_policies.update(row["id"], allow_all=True)
    assert policy.egress.allow_all
    assert policy.name == "p"


@walks("network_policies.list")
async def walk_policy_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.network_policies.add() for _ in range(3)]
    assert await ids(client.network_policies.list(limit=2)) == newest_first(rows)


@walks("network_policies.delete")
async def walk_policy_delete(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.network_policies.add() for _ in range(3)]
    first = await client.network_policies.list(limit=1)
    await client.network_policies.delete(first.network_policies[0].id)
    after = client.network_policies.list(starting_after=rows[2]["id"])
    assert await ids(after) == newest_first(rows)[1:]


@walks("gateway_configs.create")
async def walk_gateway_create(client: AsyncRunloop, _api: Emulator) -> None:
    config = await client.gateway_configs.create(
        name="g", endpoint="https://g.example", auth_mechanism={"type": "bearer"}
    )
    assert config.auth_mechanism.type == "bearer"


@walks("gateway_configs.retrieve")
async def walk_gateway_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.gateway_configs.add(name="g")
    assert (await client.gateway_configs.retrieve(row["id"])).name == "g"


@walks("gateway_configs.update")
async def walk_gateway_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.gateway_configs.add(description="d")
    config = await client.gateway_configs.update(row["id"], name="h")
    assert (config.name, config.description) == ("h", "d")


@walks("gateway_configs.list")
async def walk_gateway_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.gateway_configs.add(name=f"g{number}") for number in range(3)]
    assert await ids(client.gateway_configs.list(name="g1")) == [rows[1]["id"]]


@walks("gateway_configs.delete")
async def walk_gateway_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.gateway_configs.add()
    assert (await client.gateway_configs.delete(row["id"])).id == row["id"]
    assert await ids(client.gateway_configs.list()) == []


@walks("mcp_configs.create")
async def walk_mcp_create(client: AsyncRunloop, _api: Emulator) -> None:
    config = await client.mcp_configs.create(
        name="m", endpoint="https://m.example", allowed_tools=["a"]
    )
    assert config.allowed_tools == ["a"]


@walks("mcp_configs.retrieve")
async def walk_mcp_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.mcp_configs.add(name="m")
    assert (await client.mcp_configs.retrieve(row["id"])).name == "m"


@walks("mcp_configs.update")
async def walk_mcp_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.mcp_configs.add()
    config = await client.mcp_configs.update(row["id"], allowed_tools=["b"])
    assert config.allowed_tools == ["b"]


@walks("mcp_configs.list")
async def walk_mcp_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.mcp_configs.add() for _ in range(3)]
    assert await ids(client.mcp_configs.list(limit=2)) == newest_first(rows)


@walks("mcp_configs.delete")
async def walk_mcp_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.mcp_configs.add()
    assert (await client.mcp_configs.delete(row["id"])).id == row["id"]


@walks("scenarios.scorers.create")
async def walk_scorer_create(client: AsyncRunloop, _api: Emulator) -> None:
    scorer = await client.scenarios.scorers.create(type="t", bash_script="b")
    assert scorer.type == "t"


@walks("scenarios.scorers.retrieve")
async def walk_scorer_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.scorers.add(type="t")
    assert (await client.scenarios.scorers.retrieve(row["id"])).type == "t"


@walks("scenarios.scorers.update")
async def walk_scorer_update(client: AsyncRunloop, api: Emulator) -> None:
    scorers = client.scenarios.scorers
    scorer = await scorers.update(
        api.scenarios.scorers.add()["id"], type="u", bash_script="b"
    )
    assert scorer.type == "u"


@walks("scenarios.scorers.list")
async def walk_scorer_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.scenarios.scorers.add(type=f"t{number}") for number in range(5)]
    assert await ids(client.scenarios.scorers.list(limit=2)) == newest_first(rows)
