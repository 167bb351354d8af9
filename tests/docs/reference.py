"""The reference of all public names: python -m tests.docs.reference DIRECTORY."""

import ast
import inspect
import sys
from functools import cached_property
from pathlib import Path
from typing import Any, Final, is_typeddict

import pdoc
from pdoc import doc, render

import runloop_async

MODULES: Final = (
    "runloop_async",
    "runloop_async.evals.analysis",
    "runloop_async.evals.exporting",
    "runloop_async.evals.frames",
    "runloop_async.evals.read",
    "runloop_async.evals.report",
    "runloop_async.evals.rows",
    "runloop_async.events",
    "runloop_async.models",
    "runloop_async.options",
    "runloop_async.resources",
    "runloop_async.testing",
)
_THEIRS: Final[Any] = doc.Class._bases  # pyright: ignore[reportPrivateUsage]


class _Bases(cached_property[tuple[type, ...]]):
    """The bases of a class, also of a TypedDict, which has none at run time."""

    def __init__(self) -> None:
        super().__init__(_bases)


def _bases(described: doc.Class) -> tuple[type, ...]:
    kind = described.obj
    if not is_typeddict(kind):
        return tuple(_THEIRS.func(described))
    found: list[Any] = [kind]
    for each in found:
        (tree,) = ast.parse(inspect.getsource(each)).body
        assert isinstance(tree, ast.ClassDef)
        names = [base.id for base in tree.bases if isinstance(base, ast.Name)]
        known = vars(sys.modules[each.__module__])
        found += [known[name] for name in names if is_typeddict(known.get(name))]
    return tuple(found)


def build(directory: Path) -> None:
    """Write the reference as HTML pages."""
    bases = _Bases()
    bases.__set_name__(doc.Class, "_bases")
    setattr(doc.Class, "_bases", bases)  # noqa: B010 - it is theirs
    for name in runloop_async.__all__:  # pdoc looks for them in its `__dict__`
        setattr(runloop_async, name, getattr(runloop_async, name))
    render.configure(docformat="google", search=True)
    pdoc.pdoc(*MODULES, output_directory=directory)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
