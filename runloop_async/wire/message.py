"""How a request, an attempt and a response show themselves."""

from abc import abstractmethod
from typing import Any

from runloop_async.annotations import override


class Message:
    """A struct that shows what it is about, and nothing that may be secret.

    One of each kind is made for each call, and a struct of msgspec is made ten times as
    fast as a frozen class of attrs.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def about(self) -> str:
        """What tells it from others of its kind."""

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.about}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("about", self.about)]
