"""The models, under the name that the official client has for them.

See `runloop_async.models`.
"""

from typing import TYPE_CHECKING

from runloop_async import models

if TYPE_CHECKING:
    from runloop_async.models import *
else:

    def __getattr__(name: str) -> object:
        return getattr(models, name)

    def __dir__() -> list[str]:
        return dir(models)
