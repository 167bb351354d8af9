"""The page of all endpoints, from the code: python -m tests.docs.api > docs/api.md."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from runloop_async import AsyncRunloop
from tests import surface

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "api.md"
_HEAD: Final = """\
# Every endpoint

One line for each method of a client, made from the code by `make docs`. Arguments that
may be left out are `...`; `help()` shows them with their types. Names, arguments and
models are those of the official client. The models are in `runloop_async.models`.

An endpoint without a method is reached with `client.get`, `post`, `put` and `delete`.
"""
_VERBS: Final = {
    "_post": "POST",
    "_file": "POST",
    "_upload": "POST",
    "_set": "POST",
}


def page() -> str:
    """Return the page as Markdown."""
    groups = dict(surface.groups(AsyncRunloop(bearer_token="any")))
    parts = [_HEAD, *(_group(name, groups[name]) for name in groups)]
    return "\n".join(parts)


def _group(name: str, resource: Any) -> str:
    lines = [
        f"## `client.{name}`",
        "",
        _sentence(type(resource)),
        "",
        "| method | endpoint | what it does | returns |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{_signature(method_name, method)}` | {_endpoint(method)} | "
        f"{_sentence(method)} | `{_result(method)}` |"
        for method_name, method in _methods(resource)
    ]
    return "\n".join([*lines, ""])


def _methods(resource: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public methods in the order of the source."""
    for kind in reversed(type(resource).__mro__):
        for name, method in vars(kind).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                yield name, method


def _sentence(described: Any) -> str:
    text = (inspect.getdoc(described) or "").partition("\n\n")[0]
    return " ".join(text.split()).replace("|", "\\|")


def _signature(name: str, method: Any) -> str:
    _, *parameters = inspect.signature(method).parameters.values()
    needed = [
        each.name if each.kind is not each.KEYWORD_ONLY else f"{each.name}="
        for each in parameters
        if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    ]
    rest = ["..."] if len(needed) < len(parameters) else []
    return f"{name}({', '.join([*needed, *rest])})"


def _endpoint(method: Any) -> str:
    """Return the verb and the path; of a method that makes several calls, a dash."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(method))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            route = next(
                (
                    each.value
                    for each in node.args
                    if isinstance(each, ast.Constant)
                    and isinstance(each.value, str)
                    and each.value.startswith("/v1/")
                ),
                None,
            )
            if route is not None:
                named = {each.arg: each.value for each in node.keywords}
                method = named.get("method")
                verb = str(method.value) if isinstance(method, ast.Constant) else None
                return f"{verb or _VERBS.get(node.func.attr, 'GET')} `{route}`"
    return "-"


def _result(method: Any) -> str:
    annotation = inspect.signature(method).return_annotation
    text = (
        annotation
        if isinstance(annotation, str)
        else inspect.formatannotation(annotation)
    )
    return re.sub(r"[\w.]+\.(?=\w)", "", text).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
