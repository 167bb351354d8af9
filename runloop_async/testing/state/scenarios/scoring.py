"""What scoring functions find, by the emulator's dice."""

import random
from collections.abc import Iterable
from typing import Final

from runloop_async.testing.messages import JsonObject

_GRADES: Final = (0.0, 0.25, 0.5, 0.75)
"""What one function may find where not all is well."""
_ERROR_SHARE: Final = 0.02
_ERROR_OUTPUT: Final = (
    "\x1b[31mthe scorer did not end\x1b[0m\n"
    "<script>alert('an agent wrote this')</script> &amp; ${HOME} \u202e\n"
)
"""What a scorer prints is up to agents: whoever shows it must not believe it."""


def score_scenario(dice: random.Random, scenario: JsonObject) -> JsonObject:
    """Return the result of scoring a scenario: one entry per scoring function.

    Each scenario has a difficulty of its own, the same for all agents. The total is the
    mean of their scores by weight. A function in error scores 0.
    """
    chance = random.Random(scenario["id"]).betavariate(2, 1)
    functions = scenario["scoring_contract"]["scoring_function_parameters"]
    results = [
        _score_function(dice, chance, function["name"]) for function in functions
    ]
    weights = [function["weight"] for function in functions]
    total = sum(
        weight * result["score"]
        for weight, result in zip(weights, results, strict=True)
    )
    return {
        "score": round(total / (sum(weights) or 1.0), 6),
        "scoring_function_results": results,
    }


def mean_score(results: Iterable[JsonObject | None], count: int) -> float | None:
    """Return the scores of `results` divided by `count`; None out of nothing."""
    scores = [result["score"] for result in results if result is not None]
    return round(sum(scores) / count, 6) if count else None


def _score_function(dice: random.Random, chance: float, name: str) -> JsonObject:
    failed = dice.random() < _ERROR_SHARE
    solved = dice.random() < chance
    score = 0.0 if failed else 1.0 if solved else dice.choice(_GRADES)
    return {
        "score": score,
        "scoring_function_name": name,
        "output": _ERROR_OUTPUT if failed else f"score={score}\n",
        "state": "error" if failed else "complete",
    }
