"""`class Key(str, Enum)`: its members are sent as their values, keys and values."""

from enum import Enum, StrEnum
from typing import Any

import pytest

from runloop_async import AsyncRunloop


class Key(str, Enum):  # noqa: UP042 - what many programs have
    """The older way to write it."""

    TEAM = "team"


class Word(StrEnum):
    """The newer way to write it."""

    TEAM = "team"


@pytest.mark.parametrize("member", [Key.TEAM, Word.TEAM])
def test_a_member_is_sent_as_its_value(member: Any) -> None:
    client: Any = AsyncRunloop(bearer_token="any")

    made = client.benchmarks.create(name=member, metadata={member: member})
    made.close()
    listed = client.devboxes.list(status=member).with_options(query={member: member})
    one = client.benchmarks.retrieve(member)

    assert made.request.json == {"name": "team", "metadata": {"team": "team"}}
    assert listed.request.query == {"status": "team"}
    assert listed.options["query"] == {"team": "team"}
    assert one.request.path == "/v1/benchmarks/team"
    texts = [made.request.json["name"], *made.request.json["metadata"]]
    assert {type(text) for text in texts} == {str}
