"""What a walk through the pages of a list has seen: cursors and items."""

from collections import deque

import attrs

_REMEMBERED = 8
"""Pages whose items are known again: a page goes on after the last item of the one
before it, so that it is there that an item may come twice. All of them would take
memory without end."""


@attrs.frozen
class Trail:
    """The cursors that led to a page, to notice one that comes again."""

    cursors: dict[str | None, int]
    """Each cursor and the place of the page that it led to; the pages of a walk share
    it, so that a long walk costs no more than its pages."""
    place: int = 0

    def to(self, cursor: str) -> "Trail | None":
        """Return the trail of the page that a cursor leads to, None if it came before.

        A walk that begins again at an earlier page leaves that page's successors out.
        """
        cursors = self.cursors
        if len(cursors) > self.place + 1:
            cursors = {
                each: place for each, place in cursors.items() if place <= self.place
            }
        if cursor in cursors:
            return None
        cursors[cursor] = self.place + 1
        return Trail(cursors, self.place + 1)


class Keys:
    """The keys of the items on the last pages."""

    def __init__(self) -> None:
        self._pages = deque[list[object]](maxlen=_REMEMBERED)
        self._seen = set[object]()
        self._count = 0

    def are_new(self, keys: list[object]) -> bool:
        """Remember those of one more page; tell whether none of them came before."""
        if self._count >= 2 * _REMEMBERED:  # begin anew, rather than without end
            self._seen = set[object]().union(*self._pages)
            self._count = 0
        self._count += 1
        self._pages.append(keys)
        expected = len(self._seen) + len(keys)
        self._seen.update(keys)
        return len(self._seen) == expected

    def before(self) -> set[object]:
        """Return those of the pages before the last one."""
        return set[object]().union(*[*self._pages][:-1])
