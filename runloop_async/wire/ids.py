"""Ids that a client makes."""

import secrets
import time
from uuid import UUID


def uuid7() -> str:
    """Return an id that sorts by time: RFC 9562, which Python has from 3.14 on."""
    stamp = time.time_ns() // 1_000_000 << 80
    number = stamp | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=number))
