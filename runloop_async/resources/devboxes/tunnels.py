"""Where tunnels lead to the ports of devboxes."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def tunnel_address(base_url: str, tunnel_key: str, port: int) -> str:
    """Return the URL of a port of a devbox.

    At a loopback address there are no tunnels: an emulator is its own.
    """
    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or _is_address(host):
        return base_url
    return f"https://{port}-{tunnel_key}.tunnel.{host.removeprefix('api.')}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
