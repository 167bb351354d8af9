"""What the README lists is what there is: methods, options, errors."""

import inspect
import re
from pathlib import Path

import pytest

from runloop_async import AsyncRunloop, errors
from runloop_async.options import CallOptions
from tests import surface

README = (Path(__file__).parent.parent / "README.md").read_text()
GROUPS = dict(surface.groups(AsyncRunloop(bearer_token="any")))


def section(title: str) -> str:
    """Return the text below a heading."""
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def row(text: str, name: str) -> str:
    """Return the cells beside a name in a table."""
    (found,) = re.findall(rf"^\| `{re.escape(name)}` \|(.*)\|$", text, re.MULTILINE)
    return str(found)


@pytest.mark.parametrize("name", sorted(GROUPS.keys() - {"benchmarks.runs"}))
def test_every_method_is_listed_and_no_other(name: str) -> None:
    methods = inspect.getmembers(GROUPS[name], inspect.ismethod)
    public = [method for method, _ in methods if not method.startswith("_")]

    listed = re.findall(r"`(\w+)`", row(section("What is there"), name))

    assert sorted(listed) == public


def test_every_group_is_listed_and_no_other() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \|", section("What is there"), re.MULTILINE)

    assert sorted(listed) == sorted(GROUPS)


def test_every_option_of_a_client_is_listed() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", section("Knobs"), re.MULTILINE)

    there_are = set(inspect.signature(AsyncRunloop).parameters)
    assert set(listed) == there_are - {"allow_http"}  # told beside base_url
    assert "`allow_http=True`" in section("Knobs")


def test_every_option_of_a_call_is_named() -> None:
    text = section("Knobs")

    assert [
        name for name in CallOptions.__annotations__ if f"`{name}`" not in text
    ] == []


def test_every_error_is_in_the_tree() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.RunloopError)
    }

    assert raised - set(re.findall(r"\w+", section("Errors"))) == set()
