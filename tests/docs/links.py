"""Links of the documentation that lead nowhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from runloop_async.annotations import override

_MARKDOWN = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


class _Page(HTMLParser):
    """The links of a page, and where they may lead to within it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = set[str]()
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag has of links and anchors."""
        given = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := given.get(name))}
        if tag == "a" and (target := given.get("href")):
            self.links.append(target)


def anchors(page: Path) -> set[str]:
    """Return what can be linked to within a page."""
    return _Page(page.read_text()).anchors


def broken_in_html(directory: Path) -> Iterator[str]:
    """Yield what is broken in the pages below a directory."""
    pages = {path: _Page(path.read_text()) for path in directory.rglob("*.html")}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (
                (path.parent / unquote(parts.path)).resolve() if parts.path else path
            )
            there = pages.get(target)
            if there is None or (
                parts.fragment and unquote(parts.fragment) not in there.anchors
            ):
                yield f"{path.relative_to(directory)}: {link}"


def broken_in_markdown(path: Path) -> Iterator[str]:
    """Yield what is broken in a file of Markdown; other hosts are not asked."""
    links: list[str] = _MARKDOWN.findall(_FENCE.sub("", path.read_text()))
    for link in links:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = path.parent / parts.path if parts.path else path
        is_there = target.exists()
        if is_there and parts.fragment:
            is_there = parts.fragment in _slugs(target.read_text())
        if not is_there:
            yield f"{path.name}: {link}"


def _slugs(text: str) -> set[str]:
    """Return the anchors that GitHub makes of headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(_FENCE.sub("", text))
    }
