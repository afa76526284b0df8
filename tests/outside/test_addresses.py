"""Which addresses an outgoing call may reach (OWASP API7:2023, CWE-918)."""

from ipaddress import ip_address, ip_network

import pytest

from outside.addresses import is_permitted

INSIDE = [
    "0.0.0.0",  # noqa: S104 -- dialled, not bound
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:0.0.0.0",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.1.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fe80::5efe:127.0.0.1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
OUTSIDE = [
    "1.1.1.1",
    "9.9.9.9",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_off_the_public_internet_is_refused(address: str) -> None:
    assert not is_permitted(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_on_the_public_internet_is_permitted(address: str) -> None:
    assert is_permitted(ip_address(address))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.9", "192.168.1.0/24"),
        ("::ffff:192.168.1.9", "192.168.1.0/24"),
        ("127.0.0.1", "127.0.0.0/8"),
        ("fd12::9", "fd12::/16"),
        ("::1", "::1/128"),
    ],
)
def test_a_network_that_the_operator_allows_is_permitted(address: str, network: str) -> None:
    assert not is_permitted(ip_address(address))
    assert is_permitted(ip_address(address), [ip_network(network)])


@pytest.mark.parametrize("address", ["192.168.2.9", "127.0.0.1", "::1", "64:ff9b::192.168.1.9", "2002:c0a8:109::"])
def test_allowing_one_network_opens_no_other(address: str) -> None:
    assert not is_permitted(ip_address(address), [ip_network("192.168.1.0/24")])
