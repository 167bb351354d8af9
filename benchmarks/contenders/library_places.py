"""This library with as many places as it takes in the middle of a benchmark.

It begins with 10 and takes more as long as calls wait: in the turns of `small` that
`python -m benchmarks` plays it has 16, 32, 48 and 64. Where instructions are counted, a
client is some fifty times as slow as it is otherwise, and would take 64 at once.
"""

from functools import partial

from benchmarks.contenders.library import open_library
from benchmarks.worker import work
from runloop_async import Limits

_PLACES = 32

if __name__ == "__main__":
    work(partial(open_library, limits=Limits(api=_PLACES)))
