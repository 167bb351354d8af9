"""A group has one address: its files have the name by which clients call it."""

from pathlib import Path

import pytest

from runloop_async import AsyncRunloop
from runloop_async.testing.routes import ROUTES
from tests import surface

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "runloop_async"


GROUPS = {
    name.replace(".", "/"): group
    for name, group in surface.groups(AsyncRunloop(bearer_token="any"))
}
PARENTS = {path.split("/")[0] for path in GROUPS if "/" in path}
EMULATED = {route.name.rsplit(".", 1)[0].replace(".", "/") for route in ROUTES}


def file_of(path: str) -> str:
    """Return the file of a group: beside those of its children, if it has some."""
    return f"{path}/{path}.py" if path in PARENTS else f"{path}.py"


@pytest.mark.parametrize("path", GROUPS)
def test_a_resource_is_where_clients_find_it(path: str) -> None:
    module = type(GROUPS[path]).__module__

    assert module == f"runloop_async.resources.{file_of(path)[:-3].replace('/', '.')}"


@pytest.mark.parametrize("path", GROUPS)
def test_its_models_have_the_same_address(path: str) -> None:
    assert (PACKAGE / "models" / file_of(path)).exists()


@pytest.mark.parametrize("path", sorted(EMULATED))
def test_its_operations_in_the_emulator_have_the_same_address(path: str) -> None:
    assert (PACKAGE / "testing" / "routes" / file_of(path)).exists()


@pytest.mark.parametrize("room", ["models", "resources", "testing/routes"])
def test_a_package_defines_nothing_by_itself(room: str) -> None:
    for file in (PACKAGE / room).rglob("*/__init__.py"):
        text = file.read_text()
        assert "\nclass " not in text
        assert "\ndef " not in text
