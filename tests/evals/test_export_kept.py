"""Exports that are started over, joined, and kept in buckets."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.fs
import pytest

from runloop_async import AsyncRunloop, evals
from runloop_async.evals import ExportMismatchError
from runloop_async.evals.exporting import stores
from tests.evals.test_export import Killed, lines_of, rows_of

fs: Any = pyarrow.fs


@pytest.fixture
def bucket(tmp_path: Path) -> Any:
    """Return a file system that is no folder, as far as exports know."""
    return fs.SubTreeFileSystem(str(tmp_path / "bucket"), fs.LocalFileSystem())


async def test_a_fresh_export_takes_the_place_of_another(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    client = runloop_client
    await evals.export(client, tmp_path, run_ids=ids, level="runs", format="jsonl")

    done = await evals.export(client, tmp_path, run_ids=ids, fresh=True)

    assert (done.reused, done.folder) == (0, str(tmp_path))
    await evals.export(client, tmp_path / "other", run_ids=ids, fresh=True)
    assert rows_of(tmp_path) == rows_of(tmp_path / "other")


async def test_one_that_was_interrupted_is_not_taken_for_the_other(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    await evals.export(runloop_client, tmp_path, run_ids=ids)
    (tmp_path / "manifest.json").unlink()

    with pytest.raises(ExportMismatchError, match="a journal, but no manifest"):
        await evals.export(runloop_client, tmp_path, run_ids=ids)

    done = await evals.export(runloop_client, tmp_path, run_ids=ids, fresh=True)
    assert done.reused == 0


async def test_a_part_that_is_gone_is_missed(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    await evals.export(runloop_client, tmp_path, run_ids=ids)
    next((tmp_path / "data").iterdir()).unlink()

    with pytest.raises(ExportMismatchError, match=r"part-000000\.parquet is missing"):
        await evals.export(runloop_client, tmp_path, run_ids=ids)


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
async def test_parts_are_joined(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path, format: Any
) -> None:
    rows = rows_of if format == "parquet" else lines_of
    client, out = runloop_client, tmp_path / "out"
    done = await evals.export(client, out, run_ids=ids, part_rows=1, format=format)
    before = rows(out)

    in_large = await evals.compact(out, part_rows=done.rows // 3)
    assert rows(out) == before
    left = await evals.compact(out)
    again = await evals.compact(out)

    assert (in_large > 2, left, again) == (True, 1, 1)
    assert rows(out) == before
    more = await evals.export(client, out, run_ids=ids, format=format)
    assert (more.runs, more.reused) == (0, done.runs)
    assert rows(out) == before
    assert await evals.compact(out, part_rows=1) == 1


async def test_a_kill_while_parts_are_joined_loses_nothing(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step = 0

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        left = step

        def call(*args: Any, **fields: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return original(*args, **fields)

        return call

    for step in range(1, 40):
        folder = tmp_path / f"{step}"
        await evals.export(runloop_client, folder, run_ids=ids[:20], part_rows=1)
        before = rows_of(folder)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", dying(os.fsync))
            patch.setattr(stores.Folder, "remove", dying(stores.Folder.remove))
            try:
                await evals.compact(folder, part_rows=40)
            except Killed:
                pass
            else:
                break
        done = await evals.export(
            runloop_client, folder, run_ids=ids[:20], part_rows=40
        )
        assert done.rows == 0
        assert rows_of(folder) == before
    assert step > 3


async def test_what_cannot_be_joined_is_refused(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="there is no export in"):
        await evals.compact(tmp_path / "none")
    with pytest.raises(ValueError, match="part_rows must be"):
        await evals.compact(tmp_path, part_rows=0)
    await evals.export(runloop_client, tmp_path, run_ids=ids[:2])
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ExportMismatchError, match=r"manifest of .* is damaged"):
        await evals.compact(tmp_path)


async def test_a_bucket_has_what_a_folder_has(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path, bucket: Any
) -> None:
    client, kept = runloop_client, tmp_path / "bucket" / "b" / "nightly"

    async def export(count: int, **options: Any) -> evals.Exported:
        return await evals.export(
            client, "b/nightly/", run_ids=ids[:count], filesystem=bucket, **options
        )

    bucket.create_dir("b/nightly/data/a folder of somebody's")
    first = await export(60, part_rows=40)
    await evals.export(client, tmp_path / "folder", run_ids=ids)
    assert rows_of(kept) == rows_of(tmp_path / "folder")
    second = await export(60)
    assert (second.runs, second.reused) == (0, first.runs)
    assert len([*(kept / "journal").iterdir()]) > 3
    with pytest.raises(ExportMismatchError, match="its selection is"):
        await export(59)
    assert await evals.compact("b/nightly", filesystem=bucket) == 1
    assert rows_of(kept) == rows_of(tmp_path / "folder")
    assert (await export(59, fresh=True)).reused == 0


def test_an_object_that_was_cut_short_is_noticed(bucket: Any) -> None:
    bucket.create_dir("b")

    def info(_: str) -> SimpleNamespace:
        return SimpleNamespace(size=5)

    files = SimpleNamespace(
        open_output_stream=bucket.open_output_stream, get_file_info=info
    )
    with pytest.raises(OSError, match="b/x has 5 of 10 bytes"):
        stores.Bucket(files, "b").write("x", stores.bytes_of(b"0123456789"))


def test_a_uri_says_where(tmp_path: Path) -> None:
    assert isinstance(stores.store_at(f"file://{tmp_path}"), stores.Folder)
    there = stores.store_at("s3://bucket/nightly/?region=eu-west-1")
    assert isinstance(there, stores.Bucket)
    assert there.name == "bucket/nightly"


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        (("nosuch://x/y",), ValueError, "nosuch"),
        ((" ",), ValueError, "folder is empty"),
        (("x", "s3"), TypeError, "filesystem must be a pyarrow.fs.FileSystem, not str"),
    ],
)
def test_a_place_that_is_none_is_refused(
    given: Any, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        stores.store_at(*given)
