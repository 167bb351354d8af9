"""The run profile: what a run is given, whether of a benchmark or of a scenario."""

from typing import NotRequired, TypedDict

from runloop_async.testing.messages import JsonObject


class RunProfile(TypedDict):
    """How the devboxes of a run are set up."""

    envVars: NotRequired[dict[str, str] | None]
    launchParameters: NotRequired[JsonObject | None]
    mounts: NotRequired[list[JsonObject] | None]
    purpose: NotRequired[str | None]
    secrets: NotRequired[dict[str, str] | None]


class StartRun(TypedDict):
    """What the start of any run may be given."""

    metadata: NotRequired[dict[str, str] | None]
    run_name: NotRequired[str | None]
    runProfile: NotRequired[RunProfile | None]


def run_fields(body: StartRun) -> JsonObject:
    """Return the fields of the run that follow from how it was started."""
    profile = body.get("runProfile") or {}
    return {
        "name": body.get("run_name"),
        "metadata": body.get("metadata") or {},
        "purpose": profile.get("purpose"),
        "environment_variables": profile.get("envVars") or {},
        "secrets_provided": profile.get("secrets") or {},
    }
