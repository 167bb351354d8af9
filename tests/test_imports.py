"""What `import runloop_async` loads, and what waits until it is used."""

import subprocess
import sys
from typing import Any

import pytest

from runloop_async import AsyncRunloop
from runloop_async.calls.resource import Resource

LATE = ("runloop_async.resources.", "runloop_async.models.", "cattrs")
SHARED = "runloop_async.models.shared"


def loaded(program: str) -> set[str]:
    """Return the modules that a program has loaded when it ends."""
    show = "import sys; print(*sys.modules)"
    command = [sys.executable, "-c", f"{program}\n{show}"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)  # noqa: S603 - ours
    return {*done.stdout.decode().split()}


def test_resources_models_and_converters_are_not_imported_with_the_package() -> None:
    names = loaded("import runloop_async")

    late = {name for name in names if name.startswith(LATE)}
    assert late == {SHARED}


def test_a_client_imports_what_a_program_uses_of_it() -> None:
    names = loaded(
        "from runloop_async import AsyncRunloop\n"
        "AsyncRunloop(bearer_token='any').secrets"
    )

    assert "runloop_async.resources.secrets" in names
    assert "runloop_async.resources.devboxes" not in names


def test_a_client_that_is_not_made_yet_has_none() -> None:
    assert "secrets" in vars(AsyncRunloop)
    assert not isinstance(getattr(AsyncRunloop, "secrets"), Resource)  # noqa: B009


def test_a_resource_is_made_once() -> None:
    client = AsyncRunloop(bearer_token="any")

    assert client.secrets is client.secrets


def test_a_client_lists_its_resources_before_they_are_used() -> None:
    assert {"secrets", "benchmark_runs"} <= {*dir(AsyncRunloop(bearer_token="any"))}


async def test_a_client_with_other_options_has_resources_of_its_own() -> None:
    client = AsyncRunloop(bearer_token="any")

    first = client.secrets
    other = client.with_options(max_retries=0)

    assert other.secrets is not first
    assert client.secrets is first


async def test_what_a_user_puts_on_a_client_stays_with_other_options() -> None:
    client: Any = AsyncRunloop(bearer_token="any")
    client.stats = "mine"

    assert client.with_options(max_retries=0).stats == "mine"


@pytest.mark.parametrize("name", ["bench", "_secrets"])
def test_a_client_has_no_other_resources(name: str) -> None:
    assert not hasattr(AsyncRunloop(bearer_token="any"), name)
