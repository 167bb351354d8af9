"""HTTP/2 for the server: what the clients that speak it ask, and no more."""

from collections.abc import Callable
from typing import Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, WindowUpdated

PREFACE: Final = b"PRI * HTTP/2.0"
"""How a client says that it speaks HTTP/2."""
_END: Final = b"\r\n\r\n"


class Http2:
    """One connection."""

    def __init__(
        self, answer: Callable[[bytes], bytes], write: Callable[[bytes], None]
    ) -> None:
        """Answer the targets of requests with whole HTTP/1.1 responses, translated."""
        self._answer = answer
        self._write = write
        self._state = H2Connection(
            H2Configuration(client_side=False, header_encoding=None)
        )
        self._state.initiate_connection()
        self._unsent = dict[int, bytes]()

    def receive(self, data: bytes) -> None:
        """Take what has come, and send what is due."""
        for event in self._state.receive_data(data):
            if isinstance(event, RequestReceived):
                self._respond(event.stream_id, dict(event.headers or ()))
            elif isinstance(event, WindowUpdated):
                for stream in [*self._unsent]:
                    self._send(stream)
        self._write(self._state.data_to_send())

    def _respond(self, stream: int, headers: dict[bytes, bytes]) -> None:
        head, _, self._unsent[stream] = self._answer(headers[b":path"]).partition(_END)
        status = head.split(b" ", 2)[1]
        length = b"%d" % len(self._unsent[stream])
        self._state.send_headers(
            stream,
            [
                (b":status", status),
                (b"content-type", b"application/json"),
                (b"content-length", length),
            ],
        )
        self._send(stream)

    def _send(self, stream: int) -> None:
        left = self._unsent.pop(stream)
        while left:
            window = self._state.local_flow_control_window(stream)
            most = min(window, self._state.max_outbound_frame_size)
            if not most:
                self._unsent[stream] = left
                return
            self._state.send_data(stream, left[:most])
            left = left[most:]
        self._state.end_stream(stream)
