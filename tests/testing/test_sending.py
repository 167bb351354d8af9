import asyncio
import socket

from runloop_async.testing.sending import break_off


async def test_a_connection_that_is_being_closed_is_closed_at_once() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, sock=ours
        )
        transport.write(b"x" * 10_000_000)  # more than fits: it cannot close by itself
        transport.close()

        break_off(transport)

        await asyncio.sleep(0)
        assert ours.fileno() == -1
