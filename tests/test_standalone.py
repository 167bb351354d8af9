"""A checkout needs no file that stands beside it."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("runloop_async", "tests", "examples", "benchmarks", "docs", ".ci")
CLIMB = re.compile(
    r"__file__\)(?:(?P<each>(?:\.parent\b)+)|\.parents\[(?P<index>\d+)\])"
)
KEY = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]")
CLIMB_OF_SHELLS = re.compile(r"(?:\.\./){2}|\.\./[a-z]")


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


def levels(climb: re.Match[str]) -> int:
    """Return how many folders up from its file an expression goes."""
    if climb["index"]:
        return int(climb["index"]) + 1
    return climb["each"].count(".parent")


def test_no_path_made_from_a_file_leaves_the_checkout() -> None:
    climbs = [
        (file, levels(climb))
        for file in python_files()
        for climb in CLIMB.finditer(file.read_text())
    ]

    assert len(climbs) > 10
    assert [
        str(file) for file, up in climbs if up > len(file.relative_to(ROOT).parts)
    ] == []


def test_no_command_reads_beside_the_checkout() -> None:
    for name in ("Makefile", ".ci/run", "pyproject.toml"):
        assert not CLIMB_OF_SHELLS.search((ROOT / name).read_text())


def test_no_private_key_lies_outside_the_tests_certificates() -> None:
    """Scripts that try out TLS write keys where they are run."""
    allowed = ROOT / "tests" / "data" / "certificates"
    beside = [file for file in ROOT.iterdir() if file.is_file()]
    inside = [
        file
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and allowed not in file.parents
    ]

    assert len(inside) > 500
    assert [
        str(file)
        for file in (*beside, *inside)
        if KEY.search(file.read_bytes()) is not None
    ] == []
