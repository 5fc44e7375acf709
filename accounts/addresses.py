"""Where a call comes from, and which addresses a key allows."""

import ipaddress
import re
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

MOST_NETWORKS = 50
# One customer of a provider has all addresses of such a network: counted one by one, nobody would ever be limited.
COUNTED_IPV6_PREFIX = 64

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotANetwork(ValueError):
    """A text that is neither an address nor a network; `text` is what was written."""

    def __init__(self, text: str):
        super().__init__(text)
        self.text = text


def address_of(request: HttpRequest) -> str:
    """The caller's address; "" where it is unknown.

    Anybody can write X-Forwarded-For. It counts only behind a proxy of the shop (NEOPANEL_BEHIND_PROXY), and there only the last
    entry, which that proxy wrote itself.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rsplit(",", 1)[-1].strip()
    found = _parsed(text)
    return str(found) if found else ""


def counted_as(address: str) -> str:
    """The address as the limiter counts it: an IPv6 address counts with its whole network."""
    found = _parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, COUNTED_IPV6_PREFIX), strict=False))
    return address


def read_networks(text: str) -> str:
    """Addresses and networks, separated by lines, spaces or commas, as one network a line, each once. Raises NotANetwork."""
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", text.strip()):
        if not word:
            continue
        try:
            found[str(ipaddress.ip_network(word, strict=False))] = None
        except ValueError:
            raise NotANetwork(word[:60]) from None
    return "\n".join(found)


def is_inside(address: str, networks: str) -> bool:
    """Whether the address is in one of the networks (one a line). No networks: everywhere; an unknown address: nowhere."""
    if not networks:
        return True
    found = _parsed(address)
    return found is not None and any(found in network for network in _networks(networks))


@lru_cache(maxsize=1024)
def _networks(lines: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(line) for line in lines.splitlines())


def _parsed(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    # The same caller, seen through a socket that speaks both families.
    return getattr(found, "ipv4_mapped", None) or found
