"""What benchmarks and scenarios have in common."""

from runloop_async.testing.messages import ApiError, JsonObject, refused
from runloop_async.testing.world import Kind, World


def listed(world: World, kind: Kind, *, public: bool = False) -> list[JsonObject]:
    """Return the rows that a list shows: the account's own, or the public ones.

    What is archived is in no list.
    """
    return [
        row
        for row in world.table(kind).rows
        if row["status"] == "active" and row["is_public"] is public
    ]


def set_status(world: World, kind: Kind, id: str, status: str) -> JsonObject:
    """Archive a benchmark or scenario, or bring it back; doing so twice is no error.

    Raises:
        ApiError: It is unknown (404), or public and so not the account's own (403).
    """
    row = world.find(kind, id)
    if row["is_public"]:
        message = f"The {kind.name} {id!r} is public: its status cannot be changed."
        raise ApiError(403, "forbidden", message)
    row["status"] = status
    return row


def check_supplied(
    needed: JsonObject, variables: dict[str, str], secrets: dict[str, str]
) -> None:
    """Check that a run is given what its benchmark or scenario requires.

    Raises:
        ApiError: A variable or a secret is missing: 400.
    """
    wanted = set(needed["required_environment_variables"]) - set(variables)
    wanted |= set(needed["required_secret_names"]) - set(secrets)
    if wanted:
        names = ", ".join(sorted(wanted))
        raise refused(f"The run lacks what {needed['id']!r} requires: {names}.")
