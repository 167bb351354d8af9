import re
from pathlib import Path

from runloop_async import __version__

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
SECTIONS = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]


def test_the_top_release_is_the_version_of_the_package() -> None:
    heads = re.findall(r"^## \[(.+?)\]", CHANGELOG.read_text(), re.MULTILINE)

    assert heads[0] == "Unreleased"
    assert heads[1:2] in ([], [__version__])


def test_the_sections_have_their_names_and_their_order() -> None:
    releases = CHANGELOG.read_text().split("\n## ")[1:]

    for release in releases:
        found = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert found == [name for name in SECTIONS if name in found]
