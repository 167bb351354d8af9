"""Words that the API has added since this release: remembered, within bounds."""

from typing import Any

_MOST = 100
"""New words of one set that are remembered."""


class Words:
    """What is known of the open sets of words, by their annotations."""

    def __init__(self) -> None:
        self._new: dict[Any, set[str]] = {}

    def new(self, literal: Any) -> frozenset[str]:
        """Return the words that a `Literal` lacks, as far as they came."""
        return frozenset(self._new.get(literal, ()))

    def is_full(self, literal: Any) -> bool:
        """Tell whether so many came that no more are remembered."""
        return len(self._new.get(literal, ())) >= _MOST

    def learn(self, literal: Any, word: str) -> bool:
        """Remember a word that a `Literal` lacks, and tell whether it is news."""
        known = self._new.setdefault(literal, set())
        if word in known or self.is_full(literal):
            return False
        known.add(word)
        return True


WORDS = Words()
"""Of the whole process, as the models are."""
