"""Network addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IPv6 that carries an IPv4 address inside (translated, 6to4, Teredo): what is inside may be private, and nobody needs them here.
_CARRIERS: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is that of this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_be_asked(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether an address is one of the public internet, or allowed all the same.

    Private, loopback, link-local (a cloud's metadata too), shared (CGNAT), multicast and reserved ones are not, nor IPv6 forms that
    may hide one of them.
    """
    inner = getattr(address, "ipv4_mapped", None) or address
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    if isinstance(inner, ipaddress.IPv6Address) and (inner.is_site_local or any(inner in network for network in _CARRIERS)):
        return False
    return bool(inner.is_global and not inner.is_multicast and not inner.is_reserved and not inner.is_unspecified)


def parse_network(text: str) -> Network:
    """`10.0.0.0/8`, `127.0.0.1`, `fd12::/16`. Raises ValueError."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"'{text}' is not an address or network (such as 10.0.0.5, 10.0.0.0/8, fd12::/16)") from None
