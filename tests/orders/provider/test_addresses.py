import socket

import pytest

from orders.provider import addresses
from orders.provider.addresses import AddressRefused, Target, is_public, resolve, target_of


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    ],
)
def test_private_addresses_are_recognised_in_every_disguise(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("", "provider.example", "//provider.example", "ftp://provider.example", "javascript:alert(1)", "https://"),
        *("http://provider.example/api/v2", "https://user:pass@provider.example", "https://provider.example:x"),
        *("https://provider.example/#a", "https://provider.example/a b", "https://provider.example:99999"),
    ],
)
def test_an_address_of_another_shape_is_refused_with_a_sentence(url):
    with pytest.raises(AddressRefused, match=r"\.$"):
        target_of(url, [])


def test_plain_http_needs_the_operators_word():
    assert target_of("http://127.0.0.1:8001/api/v2", ["127.0.0.1:8001"]) == Target("http", "127.0.0.1", 8001, True)
    assert target_of("http://Inside:8001/", ["inside"]) == Target("http", "inside", 8001, True)
    assert target_of("http://[::1]:8001/", ["[::1]:8001"]) == Target("http", "::1", 8001, True)
    with pytest.raises(AddressRefused):
        target_of("http://127.0.0.1:8002/", ["127.0.0.1:8001"])


def test_https_to_a_public_name_needs_nothing():
    assert target_of("https://provider.example/api/v2", []) == Target("https", "provider.example", 443, False)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    def lookup(*args, **kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", lookup)
    with pytest.raises(AddressRefused):
        resolve(Target("https", "provider.example", 443, False))
    assert resolve(Target("https", "provider.example", 443, True)) == ["8.8.8.8", "10.0.0.1"]
