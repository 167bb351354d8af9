"""Reading many items by their ids, with as few requests as that takes.

A list page carries up to 5,000 items whole, and costs about as much as some hundred
single reads. So pages are read as long as they have many of the items, and what is
missing then is read item by item, many at once.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import aclosing
from typing import Any, Final, Generic, Protocol, TypeVar

import attrs

from runloop_async.calls.bulk import Bulk
from runloop_async.calls.call import Call
from runloop_async.calls.crew import Room
from runloop_async.calls.outcomes import BulkResult, Outcome, Summary
from runloop_async.calls.paging import Page, PageCall, walk
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.runner import Runner
from runloop_async.calls.tally import Tally, counting
from runloop_async.errors import APIError, APITimeoutError, RunloopError
from runloop_async.wire.request import Safety
from runloop_async.wire.retry import worth_another

T = TypeVar("T")
CallT = TypeVar("CallT", bound=Call[Any])

_WORTH: Final = 200
"""With fewer items missing, no page is read: that would cost more than it saves."""
_RICH: Final = 20
"""A page with fewer of the items is the last one that is read of its list."""
_STRIKES: Final = 3
"""So many items that lead to no such page end the search for pages."""


class Prepare(Protocol):
    """Gives a call the options and the time that it has."""

    def __call__(self, call: CallT, /) -> CallT:
        """Return the call with them."""
        ...


@attrs.frozen
class Source(Generic[T]):
    """Where items come from."""

    one: Callable[[str], Call[T]]
    """Reads one item."""
    pages: Callable[[str | None], PageCall[T]]
    """Lists a group of them as large pages, or all of them."""
    id_of: Callable[[T], str]
    group_of: Callable[[T], str | None]


@attrs.define
class Search(Generic[T]):
    """What was found so far of the items that are wanted."""

    runner: Runner
    source: Source[T]
    prepare: Prepare
    wanted: Collection[str]
    """Each once."""
    found: dict[str, T] = attrs.field(factory=dict[str, T])
    failed: dict[str, RunloopError] = attrs.field(factory=dict[str, RunloopError])
    pages: int = 0
    """Pages that were read."""
    singles: int = 0
    """Items that were read by themselves."""

    @property
    def missing(self) -> list[str]:
        """What is neither found nor failed."""
        ended = self.found.keys() | self.failed.keys()
        return [each for each in self.wanted if each not in ended]

    async def fewest(self, group: str | None) -> None:
        """Find all, with few requests.

        Args:
            group: The group that they are in, if that is known. Else one of them is
                read, and tells it.
        """
        strikes, tried = 0, set[str]()
        while len(missing := self.missing) >= _WORTH and strikes < _STRIKES:
            if self.pages and not self._may_be_in_vain(missing):
                break
            if group is None:
                await self.each(missing[:1])
                first = self.found.get(missing[0])
                group = None if first is None else self.source.group_of(first)
            rich = False
            if group is not None and group not in tried:
                tried.add(group)
                rich = await self.listed(group)
            strikes += not rich
            group = None
        await self.each(self.missing)

    async def listed(self, group: str | None) -> bool:
        """Read pages while they are worth it; tell whether any was.

        No page after the first is read that could make for more requests than items.

        Raises:
            APITimeoutError: The time for it has passed.
        """
        missing = set(self.missing)
        is_rich = False
        try:
            first = await self._page(self.source.pages(group))
            pages = walk(first, self._page)
            async with aclosing(pages):
                async for page in pages:
                    here = {self.source.id_of(item): item for item in page.items}
                    hits = missing & here.keys()
                    self.found |= {each: here[each] for each in hits}
                    missing -= hits
                    is_rich = is_rich or len(hits) >= _RICH
                    is_poor = len(hits) < min(_RICH, len(missing))
                    if len(missing) < 2 or is_poor or not self._may_be_in_vain(missing):  # noqa: PLR2004
                        break
        except APIError as error:
            if error.out_of_time:
                raise
            # Reading the items one by one says which of them are at fault.
        return is_rich

    async def each(self, ids: Iterable[str]) -> None:
        """Read items one by one, many at once."""
        ids = list(ids)
        self.singles += len(ids)
        calls = (self.prepare(self.source.one(each)) for each in ids)
        async for outcome in self._bulk(calls).as_completed():
            if outcome.error is None:
                self.found[ids[outcome.index]] = outcome.value
            else:
                self.failed[ids[outcome.index]] = outcome.error

    def raise_for_failures(self) -> None:
        """Raise the first error, in the order wanted.

        Where only time ran out for some, what was found is not lost: it is for the
        caller to go on or to give up.
        """
        for each in self.wanted:
            error = self.failed.get(each)
            if error is not None and not (
                isinstance(error, APIError) and error.out_of_time
            ):
                raise error

    async def result(self, ids: Iterable[str], group: str | None) -> BulkResult[T]:
        """Find all; return them in the order asked, with a summary."""
        begun, tally = self.runner.clock.now(), Tally()
        with counting(tally):
            try:
                await self.fewest(group)
            except APIError as error:  # it is out of time, and so is all that is left
                self.failed |= dict.fromkeys(self.missing, error)
        how = f"{self.pages} pages and {self.singles} single reads"
        return BulkResult(
            outcomes=[self._outcome(*each) for each in enumerate(ids)],
            summary=Summary.of(tally, self.runner.clock.now() - begun, how),
            again=self._again,
        )

    def _may_be_in_vain(self, missing: Collection[str]) -> bool:
        """Tell whether there are few enough requests even if one more finds nothing."""
        requests = self.pages + self.singles + 1 + len(missing)
        return requests <= len(self.wanted)

    async def _page(self, call: PageCall[T]) -> Page[T]:
        """Read a page; give up at once where the list is slow.

        What fails soon may be tried again. A page that is late would be as late the
        next time, while items that are read one by one may come at once.
        """
        self.pages += 1
        try:
            return await self.prepare(call).with_options(max_retries=0)
        except APITimeoutError:
            raise
        except APIError as error:
            if not worth_another(error, Safety.SAFE):
                raise
        return await self.prepare(call)

    def _outcome(self, index: int, id: str) -> Outcome[T]:
        error, value = self.failed.get(id), self.found.get(id)
        frames = None if error is None else error.__traceback__
        return Outcome(index, self.source.one(id), error, value, frames)

    def _bulk(self, calls: Iterable[Repeatable[T]]) -> Bulk[T]:
        return Bulk(calls, Room(self.runner.gate, None), self.runner.clock, None)

    async def _again(self, calls: list[Repeatable[T]]) -> BulkResult[T]:
        return await self._bulk(calls)
