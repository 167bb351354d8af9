"""A run on two pages: items, names of the API and cursors agree, however one walks."""

from urllib.parse import parse_qs, urlsplit

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http_json
from tests.samples import page, run

PAGES = [
    http_json(page("runs", run("bmr_1"), run("bmr_2"), has_more=True)),
    http_json(page("runs", run("bmr_3"), run("bmr_1"), has_more=True)),
    http_json(page("runs", run("bmr_4"))),
]


@pytest.mark.parametrize("way", ["pages", "next pages"])
async def test_every_way_has_one_truth(way: str) -> None:
    async with (
        RawServer(*PAGES) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        call = client.benchmark_runs.list()
        if way == "pages":
            pages = [page async for page in call.iter_pages()]
        else:
            pages = [await call]
            while pages[-1].has_next_page():
                pages.append(await pages[-1].get_next_page())

    assert all(page.runs == page.items for page in pages)
    assert cursors(server) == [None, "bmr_2", "bmr_1"]


async def test_each_item_comes_once() -> None:
    async with (
        RawServer(*PAGES) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        call = client.benchmark_runs.list()
        ids = [[run.id async for run in call]]

    async with (
        RawServer(*PAGES) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        pages = client.benchmark_runs.list().iter_pages()
        ids.append([run.id async for page in pages for run in page.runs])

    assert ids == [["bmr_1", "bmr_2", "bmr_3", "bmr_4"]] * 2


def cursors(server: RawServer) -> list[str | None]:
    queries = [parse_qs(urlsplit(each.target).query) for each in server.requests]
    return [query.get("starting_after", [None])[0] for query in queries]
