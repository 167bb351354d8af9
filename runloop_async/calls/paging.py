"""Lists that come in pages: one page by `await`, every item by `async for`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

import attrs
from msgspec.structs import replace

from runloop_async.annotations import awaitable
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.reading import reader
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.seen import Keys, Trail
from runloop_async.errors import (
    APIError,
    APIResponseValidationError,
    PaginationError,
)
from runloop_async.moved import PAGE, missing
from runloop_async.options import MAX_PAGE, CallOptions
from runloop_async.wire.response import Response

if TYPE_CHECKING:
    from runloop_async.models.agents import AgentView
    from runloop_async.models.axons import AxonEventView, AxonView
    from runloop_async.models.benchmark_jobs import BenchmarkJobView
    from runloop_async.models.benchmark_runs import BenchmarkRunView
    from runloop_async.models.benchmarks import BenchmarkView
    from runloop_async.models.blueprints import BlueprintView
    from runloop_async.models.devboxes import DevboxSnapshotView, DevboxView
    from runloop_async.models.gateway_configs import GatewayConfigView
    from runloop_async.models.mcp_configs import McpConfigView
    from runloop_async.models.network_policies import NetworkPolicyView
    from runloop_async.models.objects import ObjectView
    from runloop_async.models.scenarios import (
        ScenarioRunView,
        ScenarioView,
        ScorerView,
    )
    from runloop_async.models.secrets import SecretView

    RunT = TypeVar("RunT", BenchmarkRunView, ScenarioRunView)

T = TypeVar("T")

_CURSOR = "starting_after"


@attrs.frozen(eq=False)
class Page(Generic[T]):
    """One page of a list, as the API sent it.

    Its items are also there under the API's own name, such as `page.runs`. `async for`
    over a page goes on to the pages after it.
    """

    items: list[T]
    """The items on this page."""
    has_more: bool
    """Whether the API says that another page follows."""
    total_count: int | None
    """How many items there are on all pages, if the API counted them."""
    call: "PageCall[T]" = attrs.field(repr=False)
    """The call that it answers."""
    _envelope: Any = attrs.field(repr=False)
    _sent: list[T] = attrs.field(repr=False)
    """The items as they came; in `items` those that an earlier page had are missing."""
    _trail: Trail = attrs.field(repr=False)
    unreadable: list[APIResponseValidationError] = attrs.field(
        factory=list[APIResponseValidationError], kw_only=True
    )
    """Items that could not be read: `path` has the place and the reason, `body` the
    item as it came. They are not in `items`."""
    _last: object = attrs.field(default=None, kw_only=True, repr=False)
    """The cursor to the next page, where the last item could not be read."""

    if TYPE_CHECKING:

        @property
        def agents(self: "Page[AgentView]") -> "list[AgentView]": ...

        @property
        def axons(self: "Page[AxonView]") -> "list[AxonView]": ...

        @property
        def benchmarks(self: "Page[BenchmarkView]") -> "list[BenchmarkView]": ...

        @property
        def blueprints(self: "Page[BlueprintView]") -> "list[BlueprintView]": ...

        @property
        def devboxes(self: "Page[DevboxView]") -> "list[DevboxView]": ...

        @property
        def events(self: "Page[AxonEventView]") -> "list[AxonEventView]": ...

        @property
        def gateway_configs(
            self: "Page[GatewayConfigView]",
        ) -> "list[GatewayConfigView]": ...

        @property
        def jobs(self: "Page[BenchmarkJobView]") -> "list[BenchmarkJobView]": ...

        @property
        def mcp_configs(self: "Page[McpConfigView]") -> "list[McpConfigView]": ...

        @property
        def network_policies(
            self: "Page[NetworkPolicyView]",
        ) -> "list[NetworkPolicyView]": ...

        @property
        def objects(self: "Page[ObjectView]") -> "list[ObjectView]": ...

        @property
        def runs(self: "Page[RunT]") -> "list[RunT]": ...

        @property
        def scenarios(self: "Page[ScenarioView]") -> "list[ScenarioView]": ...

        @property
        def scorers(self: "Page[ScorerView]") -> "list[ScorerView]": ...

        @property
        def secrets(self: "Page[SecretView]") -> "list[SecretView]": ...

        @property
        def snapshots(
            self: "Page[DevboxSnapshotView]",
        ) -> "list[DevboxSnapshotView]": ...

    else:

        def __getattr__(self, name: str) -> Any:
            """Look a name up in the response itself."""
            if name.startswith("_"):  # of copy and pickle, before there is an envelope
                raise AttributeError(name)
            if name in PAGE:
                raise missing(self, name, PAGE)
            value = getattr(self._envelope, name)
            return self.items if value is self._sent else value

    def has_next_page(self) -> bool:
        """Tell whether another page follows."""
        return self.has_more

    @awaitable
    def get_next_page(self) -> "PageCall[T]":
        """Return the call for the page after this one.

        Raises:
            PaginationError: This is the last page, no cursor leads on from it, or the
                cursor has led to an earlier page already.
        """
        if not self.has_more:
            raise PaginationError("this is the last page: ask has_next_page() first")
        cursor = self._last
        if cursor is None and self._sent:
            cursor = self.call.key_of(self._sent[-1])
        if not isinstance(cursor, str | int):
            raise _stuck("the API says that another page follows and gives no cursor")
        trail = self._trail.to(str(cursor))
        if trail is None:
            raise _stuck(f"the cursor {str(cursor)!r} came twice", str(cursor))
        return self.call.after(str(cursor), trail)

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        async with aclosing(self.iter_pages()) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    def iter_pages(self) -> "AsyncGenerator[Page[T], None]":
        """Yield this page and all that follow, each item once.

        Raises:
            PaginationError: The cursor does not move on.
            APIError: A page could not be fetched; `cursor` says which, to resume from.
        """
        return walk(self, ahead=self.call.runner.prefetch)

    def without(self, earlier: "Keys") -> "Page[T]":
        """Return this page without the items that earlier pages had; add its own.

        Where the list changes while it is read, an item may be on two pages.
        """
        keys = self.call.keys_of(self._sent)
        if earlier.are_new(keys):
            return self
        seen, new = earlier.before(), list[T]()
        for key, item in zip(keys, self._sent, strict=True):
            if key is None or key not in seen:
                seen.add(key)
                new.append(item)
        return attrs.evolve(self, items=new)


def _bound(call: "PageCall[T]") -> Callable[[Response], Page[T]]:
    return call.page


@attrs.define(eq=False, repr=False)
class PageCall(Call[Page[T]]):
    """A list: `await` it for one page, `async for` over it for every item."""

    read: Callable[[Response], Page[T]] = attrs.field(
        init=False, default=attrs.Factory(_bound, takes_self=True)
    )
    """Turns a successful response into the page."""
    _shape: Any = attrs.field(alias="shape", kw_only=True)
    """The shape of a page."""
    _items: Callable[[Any], list[T]] = attrs.field(alias="items", kw_only=True)
    _counted: bool = attrs.field(alias="counted", default=True, kw_only=True)
    _key: str = attrs.field(alias="key", default="id", kw_only=True)
    _trail: Trail | None = attrs.field(alias="trail", default=None, kw_only=True)

    def page(self, response: Response) -> Page[T]:
        """Return the page that a response stands for.

        Raises:
            APIResponseValidationError: It is no page, or with `on_bad_item="raise"` an
                item of it cannot be read.
        """
        try:
            return self._page(reader(self._shape)(response))
        except APIResponseValidationError:
            page = self._salvaged(response)
            if page is None or (page.unreadable and self.runner.is_strict):
                raise
        if page.unreadable:
            self.runner.note_unreadable(self.request.route, page.unreadable)
        return page

    def _page(self, envelope: Any, **more: Any) -> Page[T]:
        items = self._items(envelope)
        total_count: int | None = getattr(envelope, "total_count", None)
        trail = self._trail or Trail({self.cursor: 0})
        # After an empty page nothing follows, whatever the API says.
        has_more = envelope.has_more and bool(items or more.get("unreadable"))
        return Page(items, has_more, total_count, self, envelope, items, trail, **more)

    def _salvaged(self, response: Response) -> Page[T] | None:
        # Late, as it is seldom needed and takes long to import.
        from runloop_async.convert.salvage import salvaged  # noqa: PLC0415

        found = salvaged(response.body, self._shape)
        if found is None:
            return None
        return self._page(
            found.envelope, unreadable=found.unreadable, last=found.last.get(self._key)
        )

    @awaitable
    def all(self) -> Flow[list[T]]:
        """Return a call for the whole list, for `await`, `gather` and `bulk`.

        It reads the pages one after another, each as large as the API allows unless
        `limit` was given; a `deadline` bounds all of them together.

        Raises:
            PaginationError: The cursor does not move on.
            APIError: A page could not be fetched; `cursor` says which.
        """
        name = f"all of {self.request.path}"
        return Flow(partial(_all, self), name=name)

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        async with aclosing(self.iter_pages()) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    async def iter_pages(self) -> AsyncGenerator[Page[T], None]:
        """Yield every page, each as large as the API allows unless `limit` was given.

        The next page is fetched while one is consumed, unless the client was made with
        `prefetch=False`; never more than one. The total is not counted unless
        `include_total_count` was given: counting takes the service time.

        Raises:
            PaginationError: The cursor does not move on.
            APIError: A page could not be fetched; `cursor` says which, to resume from.
        """
        first = await fetched(self.largest())
        async with aclosing(walk(first, ahead=self.runner.prefetch)) as pages:
            async for page in pages:
                yield page

    def largest(self) -> "PageCall[T]":
        """Return the call for a page as large as may be, not counted by default."""
        wanted = {"limit": str(MAX_PAGE)}
        if self._counted:
            wanted["include_total_count"] = "false"
        return self._with_query({**wanted, **self.request.query})

    def after(self, cursor: str, trail: Trail) -> "PageCall[T]":
        """Return the call for the page that begins after an item.

        Args:
            cursor: The item's key.
            trail: The cursors that led here.
        """
        call = self._with_query({**self.request.query, _CURSOR: cursor})
        options = self.options
        query = options.get("query") or {}
        if _CURSOR in query:  # it named the first page, and would name every one
            kept = {name: text for name, text in query.items() if name != _CURSOR}
            options = options | CallOptions(query=kept)
        return attrs.evolve(call, options=options, trail=trail)

    @property
    def cursor(self) -> str | None:
        """The item after which the page begins, None for the first page."""
        query = {**self.request.query, **(self.options.get("query") or {})}
        cursor = query.get(_CURSOR)
        return None if cursor is None else str(cursor)

    def key_of(self, item: T) -> object:
        """Return what tells an item from others, None if nothing does."""
        return getattr(item, self._key, None)

    def keys_of(self, items: Sequence[T]) -> list[object]:
        """Return the same for many items."""
        try:
            return [*map(attrgetter(self._key), items)]
        except AttributeError:
            return [*map(self.key_of, items)]

    def _with_query(self, query: dict[str, str]) -> "PageCall[T]":
        request = replace(self.request, query=query)
        return attrs.evolve(self, request=request)


async def fetched(call: PageCall[T]) -> Page[T]:
    """Return a page, with its cursor on the error if it cannot be fetched."""
    try:
        return await call
    except APIError as error:
        error.cursor = call.cursor
        raise


async def walk(
    page: Page[T],
    fetch: Callable[[PageCall[T]], Awaitable[Page[T]]] = fetched,
    *,
    ahead: bool = False,
) -> AsyncGenerator[Page[T], None]:
    """Yield a page and all that follow, each item once.

    Args:
        page: The first page.
        fetch: Makes the call for a page.
        ahead: Whether to fetch the next page while one is consumed.

    Raises:
        PaginationError: The cursor does not move on.
        APIError: A page could not be fetched; `cursor` says which, to resume from.
    """
    earlier = Keys()

    async def after(page: Page[T]) -> Page[T]:
        return await fetch(page.get_next_page())

    while page.has_more:
        following = asyncio.create_task(after(page)) if ahead else None
        try:
            yield page.without(earlier)
            page = await (following or after(page))
        finally:
            if following is not None:
                following.cancel()  # which does nothing if it has ended
                # An error of it is not lost: either it was raised, or nobody went on.
                await asyncio.gather(following, return_exceptions=True)
    yield page.without(earlier)


async def _all(call: PageCall[T], **options: Unpack[CallOptions]) -> list[T]:
    first = call.largest().with_options(**options)
    deadline = Deadline(call.runner.clock, first.options.get("deadline"))
    items: list[T] = []

    async def fetch(each: PageCall[T]) -> Page[T]:
        return await fetched(deadline.on(each))

    try:
        async for page in walk(await fetch(first), fetch):
            items += page.items
    except APIError as error:
        error.items = items
        raise
    return items


def _stuck(what: str, cursor: str | None = None) -> PaginationError:
    error = PaginationError(f"{what}: the list would never end")
    error.cursor = cursor
    return error
