"""A name with half of a surrogate pair: the page is read, and can be written again."""

import json
from typing import Any

import pytest

from runloop_async import (
    APIResponseValidationError,
    AsyncRunloop,
    NotFoundError,
    from_dict,
    to_dict,
    to_json,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from tests.rawserver import RawServer, http
from tests.samples import page, run


def sent(*names: str) -> bytes:
    """Return a page of runs whose names are spelt in JSON."""
    runs = [
        json.dumps(run() | {"id": f"bmr_{n}", "score": 0.5})[:-1]
        for n, _ in enumerate(names)
    ]
    spelt = [
        f'{each}, "name": "{name}"}}' for each, name in zip(runs, names, strict=True)
    ]
    return f'{{"runs": [{", ".join(spelt)}], "has_more": false}}'.encode()


async def got(body: bytes, status: int = 200) -> Any:
    async with (
        RawServer(http(body, status=status)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        return await client.benchmark_runs.list()


@pytest.mark.parametrize(
    "name", [r"\ud83d", r"\uD83D", r"a\udc00b", r"\ud83d \ud83d", r"\ude00\ud83d"]
)
async def test_the_page_is_read_and_the_text_kept(name: str) -> None:
    page = await got(sent("plain", name, r"\ud83d\ude00"))

    plain, half, whole = page.items
    assert (plain.name, whole.name) == ("plain", "\U0001f600")
    assert half.name == json.loads(f'"{name}"')
    again = json.loads(to_json(half))
    assert from_dict(BenchmarkRunView, again) == half
    assert from_dict(BenchmarkRunView, to_dict(half)) == half


async def test_what_else_is_wrong_is_still_told() -> None:
    broken = json.dumps(page("runs", run() | {"name": "\ud83d", "state": 5})).encode()

    (error,) = (await got(broken)).unreadable
    assert error.path == "$.runs[0].state"


@pytest.mark.parametrize(
    "body",
    [
        b'{"runs": [], "has_more": false, "a": "\\ud83d", "b": NaN}',
        b'{"runs": [], "has_more": false, "a": "\\ud83d", "b": 1e999}',
        b'{"runs": [], "has_more": false, "a": "\\ud83d"',
        b'{"runs": [], "has_more": false, "a": "\\ud83d", "b": "\xff"}',
    ],
    ids=["nan", "range", "cut", "bytes"],
)
async def test_what_is_no_json_is_still_none(body: bytes) -> None:
    with pytest.raises(APIResponseValidationError, match="not JSON"):
        await got(body)


async def test_an_error_with_such_a_text_is_read_too() -> None:
    body = b'{"message": "no \\ud83d", "code": "missing"}'

    with pytest.raises(NotFoundError) as caught:
        await got(body, status=404)

    assert caught.value.code == "missing"
    str(caught.value).encode()
