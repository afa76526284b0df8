"""The guard under outgoing calls: a trap on loopback stands for everything inside our walls."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network

import httpx
import pytest

from outside.guard import AddressRefused, GuardedTransport, check_url
from simulator.behaviours import redirect
from simulator.retailer import ScriptedRetailer
from tests.retailers.parts import LOOPBACK, Internet, Trap, a_trap, names

SHOP = "203.0.113.7"
SHOPS = (ip_network("203.0.113.0/24"),)
INSIDERS = {
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "ip6-localhost": ["::1"],
    "sub.localhost": ["127.0.0.1"],
    "127.0.0.1.": ["127.0.0.1"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "router": ["192.168.1.1"],
    "mixed.example": [SHOP, "127.0.0.1"],
    "mixed-the-other-way.example": ["127.0.0.1", SHOP],
    "mixed-families.example": [SHOP, "::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
}
WALKABLE_FORMS = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0x0.0x0.0x1:{port}/",
    "http://0177.1:{port}/",
    "http://017700000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.127.127.127:{port}/",
    "http://127。0。0。1:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://ip6-localhost:{port}/",
    "http://sub.localhost:{port}/",
    "http://127.0.0.1.nip.example:{port}/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://router/",
    "http://mixed.example:{port}/",
    "http://mixed-the-other-way.example:{port}/",
    "http://mixed-families.example:{port}/",
    "http://mapped.example:{port}/",
    "https://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}?@shop.example/",
    "http://127.0.0.1:{port}#@shop.example/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
]
UNREADABLE_FORMS = [
    "",
    "127.0.0.1:{port}",
    "//127.0.0.1:{port}/",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "gopher://127.0.0.1:{port}/_",
    "javascript:alert(1)",
    "http:///orders",
    "http://",
    "http:orders",
    "http://:{port}/",
    "http://ada:secret@127.0.0.1:{port}/",
    "http://shop.example@127.0.0.1:{port}/",
    "http://@127.0.0.1:{port}/",
    "http://shop.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@shop.example/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/ x",
    "http://127.0.0.1:{port}/\r\nHost: x",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1:{port}/\x00",
    "http://shop.example:0/",
    "http://shop.example:65536/",
    "http://shop.example:-1/",
    "http://shop.example:port/",
    "http://0177.0.0.1:{port}/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://%6cocalhost:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://[::ffff:127.0.0.1%25lo]:{port}/",
    "http://127.0.0.1%00.shop.example:{port}/",
    "http://shop..example/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 130 + "example/",
    "http://shop.example/" + "a" * 2048,
]


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    async with a_trap() as trap:
        yield trap


def a_client(guard: GuardedTransport, *, connect: float = 2) -> httpx.AsyncClient:
    """A careless client: whatever it follows or is told, the guard alone must hold."""
    timeout = httpx.Timeout(2, connect=connect)
    return httpx.AsyncClient(transport=guard, trust_env=False, timeout=timeout, follow_redirects=True)


@pytest.mark.parametrize("form", WALKABLE_FORMS)
async def test_no_spelling_of_an_inside_address_is_connected_to(form: str, trap: Trap) -> None:
    async with a_client(GuardedTransport(SHOPS, resolve=names(INSIDERS))) as client:
        with pytest.raises(AddressRefused):
            await client.get(form.format(port=trap.port))
    assert trap.visits == 0


@pytest.mark.parametrize("form", UNREADABLE_FORMS)
async def test_what_is_no_plain_web_address_is_refused_before_it_is_stored(form: str, trap: Trap) -> None:
    url = form.format(port=trap.port)
    with pytest.raises(ValueError, match=r"^The (address|port) .*\.$"):
        check_url(url)
    async with a_client(GuardedTransport(resolve=names(INSIDERS))) as client:
        with pytest.raises((AddressRefused, httpx.TransportError, httpx.InvalidURL)):
            await client.get(url)
    assert trap.visits == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/orders",
        "http://shop.example",
        "HTTPS://Shop.Example:8443/orders?for=larder#x",
        "http://192.168.1.20:8080/orders",
        "http://[2001:db8::1]:8080/orders",
        "http://my_shop:9000/",
        "https://bücher.example/",
        "https://shop.example./",
        "https://shop.example/a@b",
    ],
)
def test_plain_web_addresses_are_taken(url: str) -> None:
    check_url(url)


async def test_the_trap_springs_where_the_operator_allows_loopback(trap: Trap) -> None:
    async with a_client(GuardedTransport(LOOPBACK)) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://127.0.0.1:{trap.port}/")
    assert trap.visits == 1


async def test_the_judged_address_is_dialled_and_the_name_not_looked_up_again(trap: Trap) -> None:
    answers = itertools.chain([[SHOP]], itertools.repeat(["127.0.0.1"]))
    asked = []

    async def rebinding(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    async with ScriptedRetailer() as shop:
        internet = Internet(SHOP)
        url = shop.url.replace("127.0.0.1", "rebinding.example")
        async with a_client(GuardedTransport(SHOPS, resolve=rebinding, network=internet)) as client:
            assert (await client.post(url, headers={"Idempotency-Key": "a"}, json={})).status_code == 201
            with pytest.raises(AddressRefused):
                await client.get(f"http://rebinding.example:{trap.port}/")
            with pytest.raises(AddressRefused):
                await client.post(url, json={})
    assert internet.dialled == [SHOP]
    assert asked == ["rebinding.example"] * 3
    assert len(shop.requests) == 1
    assert trap.visits == 0


async def test_a_redirect_to_the_inside_is_refused_even_if_somebody_follows_it(trap: Trap) -> None:
    async with ScriptedRetailer([redirect(f"http://127.0.0.1:{trap.port}/")]) as shop:
        guard = GuardedTransport(SHOPS, resolve=names({"shop.example": [SHOP]}), network=Internet(SHOP))
        async with a_client(guard) as client:
            with pytest.raises(AddressRefused):
                await client.post(
                    shop.url.replace("127.0.0.1", "shop.example"), headers={"Idempotency-Key": "a"}, json={}
                )
    assert len(shop.requests) == 1
    assert trap.visits == 0


async def test_a_refusal_does_not_tell_strangers_which_address_a_name_of_ours_has() -> None:
    async with a_client(GuardedTransport(resolve=names(INSIDERS))) as client:
        with pytest.raises(AddressRefused, match=r"^router is not on the public internet") as refused:
            await client.get("http://router/")
    assert "192.168" not in refused.value.message


async def test_silent_addresses_leave_time_for_the_next_one() -> None:
    async with ScriptedRetailer() as shop:
        internet = Internet(SHOP)
        resolve = names({"shop.example": ["203.0.113.1", "203.0.113.1", "203.0.113.2", SHOP]})
        guard = GuardedTransport(SHOPS, resolve=resolve, network=internet)
        async with a_client(guard, connect=0.3) as client:
            url = shop.url.replace("127.0.0.1", "shop.example")
            assert (await client.post(url, headers={"Idempotency-Key": "a"}, json={})).status_code == 201
    assert internet.dialled == ["203.0.113.1", "203.0.113.2", SHOP]
    assert internet.patience == pytest.approx([0.1, 0.1, 0.1])


async def test_a_name_whose_addresses_are_all_silent_is_given_up_in_time() -> None:
    guard = GuardedTransport(SHOPS, resolve=names({"gone.example": ["203.0.113.1", "203.0.113.2"]}), network=Internet())
    async with a_client(guard, connect=0.1) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("http://gone.example/")


async def test_a_name_without_an_address_is_a_connect_error() -> None:
    async with a_client(GuardedTransport(resolve=names({"empty.example": []}))) as client:
        with pytest.raises(httpx.ConnectError, match="has no address"):
            await client.get("http://empty.example/")


async def test_every_call_is_judged_anew_even_if_the_other_side_keeps_the_connection_open() -> None:
    visits = []

    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer.get_extra_info("peername"))
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(keep_alive, "127.0.0.1", 0)
    async with server, a_client(GuardedTransport(LOOPBACK)) as client:
        for _ in range(2):
            await client.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert len(visits) == 2


async def test_an_unknown_name_is_a_connect_error() -> None:
    async with a_client(GuardedTransport(resolve=names({}))) as client:
        with pytest.raises(httpx.ConnectError, match=r"^unknown\.example is not a known name"):
            await client.get("http://unknown.example/")


async def test_the_system_resolver_is_guarded_too(trap: Trap) -> None:
    async with a_client(GuardedTransport()) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://localhost:{trap.port}/")
    assert trap.visits == 0
