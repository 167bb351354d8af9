"""Logs of runs, as a zip made in memory."""

import io
import zipfile
from typing import Final

import msgspec

from runloop_async.testing.messages import Answer, JsonObject

_WHEN: Final = (2026, 1, 1, 0, 0, 0)  # so that the same run gives the same bytes


def zipped(files: dict[str, bytes]) -> Answer:
    """Return an answer that is a zip of `files`, by their paths."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, _WHEN), content)
    return Answer(body=buffer.getvalue(), content_type="application/zip")


def scenario_run_logs(run: JsonObject) -> dict[str, bytes]:
    """Return the log files of a scenario run."""
    result: JsonObject = run["scoring_contract_result"] or {}
    parts: list[JsonObject] = result.get("scoring_function_results", [])
    scoring = "".join(
        f"{part['scoring_function_name']}: {part['output']}" for part in parts
    )
    agent = f"devbox {run['devbox_id']}: {run['state']}\n"
    return {
        "agent.log": agent.encode(),
        "scoring.log": scoring.encode(),
        "run.json": msgspec.json.encode(run),
    }
