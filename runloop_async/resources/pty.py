"""Terminals on devboxes."""

import re
from typing import Final, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.pty import (
    PtyConnectParams,
    PtyConnectView,
    PtyControlParams,
    PtyControlResultView,
)

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,256}").fullmatch


class Pty(Resource):
    """Terminals on devboxes, as their tunnels offer them."""

    def connect(
        self, session_name: str, **query: Unpack[PtyConnectParams]
    ) -> Call[PtyConnectView]:
        """Open a terminal, or find the one of this name.

        Raises:
            ValueError: The name is not 1 to 256 letters, digits, `-` and `_`.
        """
        _check_name(session_name)
        return self._get(
            "/pty/{session_name}",
            PtyConnectView,
            query,
            PtyConnectParams,
            session_name=session_name,
        )

    def control(
        self, session_name: str, **fields: Unpack[PtyControlParams]
    ) -> Call[PtyControlResultView]:
        """Resize a terminal, send it a signal, or close it.

        Raises:
            ValueError: The name is not 1 to 256 letters, digits, `-` and `_`.
        """
        _check_name(session_name)
        return self._post(
            "/pty/{session_name}/control",
            PtyControlResultView,
            fields,
            PtyControlParams,
            session_name=session_name,
        )


def _check_name(session_name: str) -> None:
    if not _NAME(session_name):
        raise ValueError(
            f"session_name cannot be {session_name!r}: give 1 to 256 ASCII letters, "
            "digits, hyphens and underscores"
        )
