"""An error of a stream counts what it took to open it."""

from pathlib import Path

import pytest

from runloop_async import APIConnectionError, AsyncRunloop
from tests.rawserver import RawServer, http, then_close
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")


async def test_a_download_that_breaks_off_after_a_retry(tmp_path: Path) -> None:
    answers = [http(status=503), then_close(http(b"ab", length=9))]
    async with (
        RawServer(*answers) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        file = client.benchmark_runs.download_logs("bmr_1")
        with pytest.raises(APIConnectionError) as caught:
            await file.write_to_file(tmp_path / "x")

    assert caught.value.attempts == 2
    assert caught.value.elapsed_s > 0.09
