"""Whose an address is, for limits."""

import ipaddress


def network_of(address: str) -> str:
    """The address itself; of IPv6 its /64, all of which one user has to try from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
