"""Keep the attempts of runs that have ended, so that they need not be asked for again.

An ended run stays as it is, unless it is scored again: so what is kept holds only while
the state, the score and the duration in the list are those that it was kept with.
"""

import logging
import os
import sqlite3
import threading
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, Unpack

from runloop_async.calls.disk import in_thread
from runloop_async.calls.repeatable import Flow
from runloop_async.client import AsyncRunloop
from runloop_async.convert.documents import decode, to_json
from runloop_async.errors import RunloopError
from runloop_async.evals.rows import state_of
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.scenarios.runs import ScenarioRunListView, ScenarioRunView
from runloop_async.options import CallOptions

CacheAt: TypeAlias = bool | str | os.PathLike[str]
"""No cache, the usual one, or a file."""

_TABLE: Final = """
create table if not exists attempts_1 (
    scope text, run text, stamp text, body blob, primary key (scope, run)
) without rowid
"""
_GET: Final = "select stamp, body from attempts_1 where scope = ? and run = ?"
_PUT: Final = "insert or replace into attempts_1 values (?, ?, ?, ?)"
_FASTEST: Final = 1
"""The level of zlib; higher ones take longer than asking again."""

_log = logging.getLogger("runloop_async")


def path_of(cache: CacheAt) -> Path | None:
    """Return the file of a cache; None for no cache.

    Raises:
        TypeError: It is neither a path nor a bool.
        ValueError: It is a folder.
    """
    if cache is False:
        return None
    if cache is True:
        usual = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(usual, "runloop_async", "attempts.sqlite")
    try:
        path = Path(cache)
    except TypeError:
        raise TypeError(
            f"cache must be True, False or the path of a file, not {cache!r}"
        ) from None
    if path.is_dir():
        raise ValueError(f"cache must be a file, and {path} is a folder")
    return path


@asynccontextmanager
async def cached(
    client: AsyncRunloop, path: Path | None
) -> AsyncGenerator["Cache | None"]:
    """Yield the cache in a file, for what the client's account has; None without."""
    if path is None:
        yield None
        return
    account = await client.accounts.me()
    make = partial(Cache, path, f"{client.base_url} {account.id}")
    with closing(await in_thread(make, undo=Cache.close)) as cache:
        yield cache


class Cache:
    """Attempts of runs that have ended, in a file of SQLite, which others may share.

    A cache that cannot be read or written is passed over, with a warning to the log.
    """

    def __init__(self, path: Path, scope: str) -> None:
        """Open it.

        Args:
            path: The file; made, for its owner alone, if it is not there.
            scope: Whose runs these are.

        Raises:
            ValueError: The file is something else, or cannot be opened.
        """
        self._path = path
        self._scope = scope
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise ValueError(f"cannot use {path} as a cache: {error}") from error
        try:
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.execute(_TABLE)
        except sqlite3.Error as error:
            self._db.close()
            raise ValueError(f"cannot use {path} as a cache: {error}") from error

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._db.close()

    def before(
        self, run: BenchmarkRunView, call: Flow[list[ScenarioRunView]]
    ) -> Flow[list[ScenarioRunView]]:
        """Return a call for the attempts of a run, which looks here first."""
        if not state_of(run.state).ended:
            return call
        return Flow(partial(self._attempts, run, call), name=call.name)

    async def _attempts(
        self,
        run: BenchmarkRunView,
        call: Flow[list[ScenarioRunView]],
        **options: Unpack[CallOptions],
    ) -> list[ScenarioRunView]:
        known = await in_thread(partial(self._get, run))
        if known is not None:
            return known
        found = await call.with_options(**options)
        await in_thread(partial(self._put, run, found))
        return found

    def _get(self, run: BenchmarkRunView) -> list[ScenarioRunView] | None:
        try:
            with self._lock:
                row = self._db.execute(_GET, (self._scope, run.id)).fetchone()
            if row is None or row[0] != _stamp(run):
                return None
            return decode(zlib.decompress(row[1]), ScenarioRunListView).runs
        except (sqlite3.Error, zlib.error, TypeError, RunloopError) as error:
            self._pass_over(error)
            return None

    def _put(self, run: BenchmarkRunView, found: list[ScenarioRunView]) -> None:
        text = f'{{"has_more":false,"runs":{to_json(found)}}}'
        body = zlib.compress(text.encode(errors="surrogatepass"), _FASTEST)
        try:
            with self._lock:
                self._db.execute(_PUT, (self._scope, run.id, _stamp(run), body))
        except sqlite3.Error as error:
            self._pass_over(error)

    def _pass_over(self, error: Exception) -> None:
        _log.warning("the cache %s is passed over: %s", self._path, error)


def _stamp(run: BenchmarkRunView) -> str:
    """Return what changes if an ended run does."""
    return f"{run.state}|{run.score}|{run.duration_ms}"
