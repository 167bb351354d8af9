"""Lists that come in pages: one page by `await`, every item by `async for`."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Generic, TypeVar

import attrs

from runloop_async.annotations import override
from runloop_async.calls.call import Call, decode_body
from runloop_async.errors import APIError, PaginationError
from runloop_async.options import MAX_PAGE
from runloop_async.wire.response import Response

T = TypeVar("T")
EnvelopeT = TypeVar("EnvelopeT")

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
    _envelope: Any = attrs.field(repr=False)
    call: "PageCall[T]" = attrs.field(repr=False)
    """The call that it answers."""

    def __getattr__(self, name: str) -> Any:
        """Look a name up in the answer itself."""
        if name.startswith("_"):  # of copy, pickle and the like, before there is one
            raise AttributeError(name)
        return getattr(self._envelope, name)

    def has_next_page(self) -> bool:
        """Tell whether another page follows."""
        return self.has_more

    def get_next_page(self) -> "PageCall[T]":
        """Return the call for the page after this one.

        Raises:
            PaginationError: This is the last page, or no cursor leads on from it.
        """
        if not self.has_more:
            raise PaginationError("this is the last page: ask has_next_page() first")
        return self.call.after(_cursor(self))

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        async for page in self.iter_pages():
            for item in page.items:
                yield item

    async def iter_pages(self) -> "AsyncGenerator[Page[T], None]":
        """Yield this page and all that follow, each item once.

        Raises:
            PaginationError: The cursor does not move on.
            APIError: A page could not be fetched; `cursor` says which, to resume from.
        """
        async for page in walk(self, self.call.after):
            yield page


@attrs.frozen(eq=False)
class PageCall(Call[Page[T]]):
    """A list: `await` it for one page, `async for` over it for every item."""

    _envelope: type[Any] = attrs.field(alias="envelope", repr=False, kw_only=True)
    _items: Callable[[Any], list[T]] = attrs.field(
        alias="items", repr=False, kw_only=True
    )
    _counted: bool = attrs.field(alias="counted", repr=False, kw_only=True)
    key: str = attrs.field(default="id", repr=False, kw_only=True)
    """The field of an item that tells it from others; empty if nothing does."""

    @override
    def decode(self, response: Response) -> Page[T]:
        """Return the page that an answer stands for."""
        envelope = decode_body(response, self._envelope)
        total_count: int | None = getattr(envelope, "total_count", None)
        return Page(
            self._items(envelope), envelope.has_more, total_count, envelope, self
        )

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        async for page in self.iter_pages():
            for item in page.items:
                yield item

    async def iter_pages(self) -> AsyncGenerator[Page[T], None]:
        """Yield every page, each as large as the API allows unless `limit` was given.

        The total is not counted unless `include_total_count` was given: counting takes
        the service time.

        Raises:
            PaginationError: The cursor does not move on.
            APIError: A page could not be fetched; `cursor` says which, to resume from.
        """
        call = self.largest()
        try:
            first = await call
        except APIError as error:
            error.cursor = dict(self.request.query).get(_CURSOR)
            raise
        async for page in walk(first, call.after):
            yield page

    def largest(self) -> "PageCall[T]":
        """Return the call for a page as large as may be, not counted, unless told."""
        wanted = {"limit": str(MAX_PAGE)}
        if self._counted:
            wanted["include_total_count"] = "false"
        return self._with_query(wanted | dict(self.request.query))

    def after(self, cursor: str) -> "PageCall[T]":
        """Return the call for the page that begins after an id."""
        return self._with_query(dict(self.request.query) | {_CURSOR: cursor})

    def _with_query(self, query: dict[str, str]) -> "PageCall[T]":
        request = attrs.evolve(self.request, query=tuple(query.items()))
        return attrs.evolve(self, request=request)


def paged(
    call: Call[EnvelopeT],
    items: Callable[[EnvelopeT], list[T]],
    *,
    counted: bool = True,
    key: str = "id",
) -> PageCall[T]:
    """Make a list of a call that answers with a page.

    Args:
        call: The call for one page.
        items: Where in the answer the items are.
        counted: Whether the endpoint has the parameter `include_total_count`.
        key: The field of an item that is the cursor to the page after it; empty if the
            endpoint has no further pages.
    """
    return PageCall(
        call.runner,
        call.request,
        Page[T],
        call.options,
        envelope=call.shape,
        items=items,
        counted=counted,
        key=key,
    )


async def walk(
    page: Page[T], after: Callable[[str], Awaitable[Page[T]]]
) -> AsyncGenerator[Page[T], None]:
    """Yield a page and all that follow, each item once.

    Args:
        page: The first page.
        after: Fetches the page that begins after an id.

    Raises:
        PaginationError: The cursor does not move on.
        APIError: A page could not be fetched; `cursor` says which, to resume from.
    """
    cursors, keys = set[str](), set[object]()
    while True:
        yield attrs.evolve(page, items=_unseen(page, keys))
        if not page.has_more:
            return
        cursor = _cursor(page)
        if cursor in cursors:
            raise _stuck(f"the cursor {cursor!r} came twice", cursor)
        cursors.add(cursor)
        try:
            page = await after(cursor)
        except APIError as error:
            error.cursor = cursor
            raise


def _cursor(page: Page[T]) -> str:
    cursor = _key(page, page.items[-1]) if page.items else None
    if not isinstance(cursor, str | int):
        raise _stuck("the API says that another page follows and gives no cursor", None)
    return str(cursor)


def _key(page: Page[T], item: T) -> object:
    return getattr(item, page.call.key, None)


def _stuck(what: str, cursor: str | None) -> PaginationError:
    error = PaginationError(f"{what}: the list would never end")
    error.cursor = cursor
    return error


def _unseen(page: Page[T], keys: set[object]) -> list[T]:
    """Return the items of a page whose keys are new, and remember them."""
    new: list[T] = []
    for item in page.items:
        key = _key(page, item)
        if key is None or key not in keys:
            keys.add(key)
            new.append(item)
    return new
