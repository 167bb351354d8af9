"""From a verb and a path to the operation meant; no input or output."""

from collections.abc import Callable, Iterable
from typing import Literal
from urllib.parse import unquote

import attrs

from runloop_async.testing.messages import (
    Answer,
    ApiError,
    Ask,
    Feed,
    Held,
    JsonObject,
    Terminal,
)
from runloop_async.testing.world import World

Result = JsonObject | Answer | Held | Feed | Terminal
"""What an operation comes to: a dict is answered as JSON with status 200."""
Operation = Callable[[World, Ask], Result]
"""What a route does."""


@attrs.frozen
class Route:
    """One operation of the API and where it is found."""

    method: str
    template: str
    """The path; `{id}` stands for one segment, whatever it holds."""
    name: str
    """The operation as clients call it: `benchmarks.retrieve`."""
    operation: Operation
    """What it does."""
    key: Literal["api", "tunnel", "none"] = "api"
    """Which key it takes: the API's, that of a tunnel, or none at all."""


@attrs.define
class _Branch:
    """What may follow a part of a path."""

    literal: dict[str, "_Branch"] = attrs.field(factory=dict[str, "_Branch"])
    named: "_Branch | None" = None
    routes: dict[str, Route] = attrs.field(factory=dict[str, Route])


class Router:
    """All routes as a tree of path segments; a literal segment goes before a name."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Branch()
        for route in routes:
            branch = self._root
            for segment in route.template.split("/"):
                if segment.startswith("{"):
                    branch.named = branch.named or _Branch()
                    branch = branch.named
                else:
                    branch = branch.literal.setdefault(segment, _Branch())
            branch.routes.setdefault(route.method, route)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route for a path as it was sent, and the names in it.

        Raises:
            ApiError: There is no such path (404), or not with this verb (405).
        """
        segments = [unquote(segment) for segment in path.split("/")]
        branch = _descend(self._root, segments)
        if branch is None:
            raise ApiError(404, "not_found", f"The API has no path {path}.")
        route = branch.routes.get(method)
        if route is None:
            allowed = ", ".join(sorted(branch.routes))
            message = f"{path} takes {allowed}, not {method}."
            raise ApiError(405, "method_not_allowed", message, allow=allowed)
        return route, _names(route, segments)


def _descend(branch: _Branch, segments: list[str]) -> _Branch | None:
    if not segments:
        return branch if branch.routes else None
    head, *rest = segments
    found = None
    if head in branch.literal:
        found = _descend(branch.literal[head], rest)
    if found is None and branch.named is not None and head:
        found = _descend(branch.named, rest)
    return found


def _names(route: Route, segments: list[str]) -> dict[str, str]:
    return {
        name[1:-1]: segment
        for name, segment in zip(route.template.split("/"), segments, strict=True)
        if name.startswith("{")
    }
