"""Which addresses a provider may have: public ones by https; private ones and plain http where the operator says so.

Without this rule a provider's URL would be a way to make the panel talk to the machines behind its firewall.
"""

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

PRIVATE = "The provider's address is a private one, which the settings do not allow."
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Local-use NAT64, IPv4-compatible and IPv4-translated addresses: each of them can reach a private host.
NEVER_PUBLIC = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))


class AddressRefused(ValueError):
    """The address is not one that a provider may have. The text is a sentence without secrets."""


@dataclass(frozen=True)
class Target:
    """Where a provider's URL points. `trusted`: the operator allowed this host although it may be private."""

    scheme: str
    host: str
    port: int
    trusted: bool


def target_of(url: str, allow_private_hosts: Collection[str]) -> Target:
    """Check the shape of a provider's URL, without looking the name up.

    `allow_private_hosts`: entries `host` (any port) or `host:port`, as in `NEOPANEL_ALLOW_PRIVATE_HOSTS`.
    Raises AddressRefused.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise AddressRefused("The provider's address is not a web address.") from None
    if parts.scheme not in {"http", "https"} or not host or any(c.isspace() or ord(c) < 32 for c in url):
        raise AddressRefused("The provider's address must begin with https:// and name a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("The provider's address must not carry a user name, a password or a fragment.")
    port = port or (443 if parts.scheme == "https" else 80)
    allowed = {entry.strip().lower() for entry in allow_private_hosts}
    trusted = bool(allowed & {host, f"{host}:{port}", f"[{host}]:{port}"})
    if parts.scheme == "http" and not trusted:
        raise AddressRefused(
            "The provider's address must begin with https://, because the key travels with every call."
        )
    if not trusted and not _may_be_public(host):
        raise AddressRefused(PRIVATE)
    return Target(parts.scheme, host, port, trusted)


def _may_be_public(host: str) -> bool:
    """False for a private address written as one; what a name leads to is seen when it is looked up."""
    try:
        return is_public(host)
    except ValueError:
        return True


def resolve(target: Target) -> list[str]:
    """The IP addresses to connect to, all of them checked: connect to these, not to the name again.

    Raises AddressRefused where any of them is not public, and OSError where the name cannot be looked up.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not target.trusted and not all(is_public(address) for address in addresses):
        raise AddressRefused(PRIVATE)
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet. One that wraps an IPv4 address is judged by what it wraps."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip.is_site_local or any(ip in network for network in NEVER_PUBLIC):
            return False
        if ip in NAT64:
            wrapped = ipaddress.IPv4Address(ip.packed[-4:])
        if wrapped is not None:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast
