"""Groups of things that are created, read, changed, deleted and listed, and no more."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import attrs

from runloop_async.testing.messages import (
    Ask,
    JsonObject,
    JsonValue,
    given,
    invalid,
    refused,
)
from runloop_async.testing.paging import page, select
from runloop_async.testing.routing import Operation, Route
from runloop_async.testing.world import Kind, World

Body: TypeAlias = Mapping[str, object]
"""The shape of a body, which is a TypedDict."""
Usual: TypeAlias = Callable[[World], JsonObject]
"""What a thing is made of that was just created, as far as its creator did not say."""


def _by_nobody(world: World, row: JsonObject) -> bool:
    del world, row
    return False


def _as_they_are(body: JsonObject, before: JsonObject) -> JsonObject:
    del before
    return body


@attrs.frozen(kw_only=True)
class Stored:
    """A group of such things."""

    name: str
    """The group as clients call it, such as `gateway_configs`."""
    path: str
    """Where it is."""
    kind: Kind
    """Its things."""
    usual: Usual
    """What a new one has."""
    create_body: type[Body]
    """The shape of a create's body."""
    update_body: type[Body] | None = None
    """The shape of an update's body; None if there is no update."""
    key: str = ""
    """What a page has its things under; the name of the group by default."""
    exact: Sequence[str] = ("id", "name")
    """The filters of a list."""
    fields: Callable[[JsonObject, JsonObject], JsonObject] = _as_they_are
    """Makes the fields of a thing out of those of a body, and of what it was before."""
    one_of_a_name: bool = False
    """Whether no two may have the same name."""
    is_used: Callable[[World, JsonObject], bool] = _by_nobody
    """Tells whether one is in use, so that it cannot be deleted."""

    def new(self, world: World, **fields: JsonValue) -> JsonObject:
        """Add one made of `fields` and, for the rest, of what is usual."""
        return world.add(self.kind, self.usual(world), fields)

    def create(self, world: World, ask: Ask) -> JsonObject:
        """Add one."""
        body, usual = ask.json(self.create_body), self.usual(world)
        fields = self.fields(given(body), usual)
        self._check_name(world, fields, None)
        return world.add(self.kind, usual, fields)

    def retrieve(self, world: World, ask: Ask) -> JsonObject:
        """Return one."""
        return world.find(self.kind, ask.id)

    def update(self, world: World, ask: Ask) -> JsonObject:
        """Change one; what is left out stays as it is."""
        assert self.update_body is not None  # noqa: S101 - else there is no route
        row = world.find(self.kind, ask.id)
        fields = self.fields(given(ask.json(self.update_body)), row)
        self._check_name(world, fields, row)
        row.update(fields)
        if "update_time_ms" in row:
            row["update_time_ms"] = world.now_ms
        return row

    def delete(self, world: World, ask: Ask) -> JsonObject:
        """Remove one, and return it."""
        row = world.find(self.kind, ask.id)
        if self.is_used(world, row):
            raise refused(f"The {self.kind.name} {ask.id!r} is used by a devbox.")
        return world.remove(self.kind, ask.id)

    def _check_name(
        self, world: World, fields: JsonObject, owner: JsonObject | None
    ) -> None:
        if not self.one_of_a_name or "name" not in fields:
            return
        for row in world.table(self.kind).rows:
            if row["name"] == fields["name"] and row is not owner:
                raise invalid(f"There is a {self.kind.name} {fields['name']!r}.")

    def list_page(self, world: World, ask: Ask) -> JsonObject:
        """Return a page of them."""
        table = world.table(self.kind)
        rows = select(table.rows, ask, self.exact)
        return page(table, rows, ask, self.key or self.name)

    def routes(self, **others: Operation) -> list[Route]:
        """Return their routes.

        Args:
            **others: What to do in place of what is usual, such as `delete`.
        """
        one = f"{self.path}/{{id}}"
        usual = [
            ("create", "POST", self.path, self.create),
            ("list", "GET", self.path, self.list_page),
            ("retrieve", "GET", one, self.retrieve),
            ("delete", "POST", f"{one}/delete", self.delete),
        ]
        if self.update_body is not None:
            usual.append(("update", "POST", one, self.update))
        return [
            Route(method, path, f"{self.name}.{verb}", others.get(verb, operation))
            for verb, method, path, operation in usual
        ]
