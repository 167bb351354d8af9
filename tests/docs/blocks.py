"""The blocks of Python in the documentation."""

import ast
import re
from pathlib import Path
from types import CodeType
from typing import Any

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(path: Path) -> list[str]:
    """Return the Python blocks of a file of Markdown."""
    found: list[str] = _BLOCK.findall(path.read_text())
    return found


async def execute(block: str, name: str, names: dict[str, Any]) -> None:
    """Run a block that may await at its top level."""
    code: CodeType = compile(block, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting = eval(code, names)  # noqa: S307 - the documentation is ours
    if waiting is not None:
        await waiting
