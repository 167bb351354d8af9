"""What scoring functions find, by the emulator's dice."""

import random
from collections.abc import Iterable
from typing import Final

from runloop_async.testing.messages import JsonObject

_GRADES: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0)
"""What one function may find; most often that all is well."""
_ERROR_SHARE: Final = 0.02


def score_scenario(dice: random.Random, scenario: JsonObject) -> JsonObject:
    """Return the result of scoring a scenario: one entry per scoring function.

    The total is the mean of their scores by weight. A function in error scores 0.
    """
    functions = scenario["scoring_contract"]["scoring_function_parameters"]
    results = [_score_function(dice, function["name"]) for function in functions]
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


def _score_function(dice: random.Random, name: str) -> JsonObject:
    failed = dice.random() < _ERROR_SHARE
    score = 0.0 if failed else dice.choice(_GRADES)
    return {
        "score": score,
        "scoring_function_name": name,
        "output": "the scorer did not end\n" if failed else f"score={score}\n",
        "state": "error" if failed else "complete",
    }
