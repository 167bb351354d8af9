"""One word for how far something is, in place of the API's four vocabularies."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How far a run or an attempt is."""

    QUEUED = "queued"
    RUNNING = "running"
    SCORING = "scoring"
    SCORED = "scored"
    """There is a score, and the attempt has not ended."""
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    UNKNOWN = "unknown"
    """A word that this version does not know."""

    @property
    def ended(self) -> bool:
        """Whether it stays so."""
        return self in _ENDED


_ENDED: Final = frozenset(
    {State.COMPLETED, State.FAILED, State.TIMEOUT, State.CANCELED}
)
_OTHERS: Final = {"initializing": State.QUEUED, "cancelled": State.CANCELED}
_STATES: Final = {**{state.value: state for state in State}, **_OTHERS}


def state_of(word: str) -> State:
    """Return the state that a word of the API stands for."""
    state = _STATES.get(word)  # as nearly all words are written
    return _STATES.get(word.lower(), State.UNKNOWN) if state is None else state
