"""Catalogues of the size of a grocer's: by CSV or JSON, all or nothing, and never in anybody's way (S1, S10, S25)."""

import asyncio
import csv
import io
import json
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from api.catalogue import FORGOTTEN_AFTER, STAGED_AT_ONCE
from api.decoding import CATALOGUE_LIMIT
from api.entries import COLUMNS as FIELDS
from api.entries import Checking
from api.uploads import rows_of
from domain.identity import new_uuid
from domain.prices import is_suspicious
from storage import catalogue
from storage.tables import StagedEntry
from tests.api.server import COOKIES, Api, Caller
from tests.api.test_retailers import search

COLUMNS = ["sku", "name", "brand", "gtin", "packSize", "unit", "price", "currency", "available"]
HEADER = ",".join(COLUMNS)
COOKIE_LINE = "cookies-12,Oat cookies,,,12,piece,3.49,EUR,"


def path_of(retailer: Caller) -> str:
    return f"/retailers/{retailer.shown['uuid']}/catalogue"


async def upload(retailer: Caller, text: str | bytes, **query: str) -> httpx.Response:
    content = text if isinstance(text, bytes) else text.encode()
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    return await retailer.call("PUT", path_of(retailer), content=content, headers=headers, params=query)


async def sold(retailer: Caller) -> list[Any]:
    listed = await retailer.get(path_of(retailer), limit=100)
    assert listed.status_code == 200, listed.text
    return list(listed.json()["data"])


async def staged(api: Api) -> int:
    async with api.parts.db.reading() as session:
        return await session.scalar(select(func.count()).select_from(StagedEntry)) or 0


async def test_s25_a_catalogue_comes_as_csv_with_its_columns_in_any_order(api: Api) -> None:
    retailer = await api.a_retailer()
    text = "\ufeffprice;packSize;name;sku;currency;unit;available;gtin\r\n"
    text += '"3.49";12;"Oat ""soft"" cookies; large";cookies-12;EUR;piece;TRUE;4006381333931\r\n'
    text += "0.89;0.25;Öl;oil;EUR;l;false;\r\n;;;;;;;\r\n"
    assert (await upload(retailer, text)).json() == {"message": "Catalogue stored.", "data": {"entries": 2}}
    cookies, oil = await sold(retailer)
    assert cookies == COOKIES | {
        "name": 'Oat "soft" cookies; large',
        "brand": None,
        "gtin": "4006381333931",
        "available": True,
    }
    assert (oil["name"], oil["packSize"], oil["price"], oil["available"]) == ("Öl", 0.25, "0.89", False)
    assert await search(retailer, retailer, query="öl") == await search(retailer, retailer, query="ÖL") == ["oil"]


async def test_what_is_no_longer_sold_goes_and_what_is_the_same_stays(api: Api) -> None:
    retailer = await api.a_retailer()
    lines = [COOKIE_LINE.replace("cookies-12", sku) for sku in ("a", "b", "c")]
    assert (await upload(retailer, "\n".join([HEADER, *lines]))).status_code == 200
    changed = [lines[1], lines[2].replace("3.49", "3.99"), COOKIE_LINE.replace("cookies-12", "d")]
    assert (await upload(retailer, "\n".join([HEADER, *changed]))).status_code == 200
    assert [(each["sku"], each["price"]) for each in await sold(retailer)] == [
        ("b", "3.49"),
        ("c", "3.99"),
        ("d", "3.49"),
    ]
    assert (await upload(retailer, HEADER, confirm="rows")).json()["data"] == {"entries": 0}
    assert await sold(retailer) == []
    assert await staged(api) == 0


@pytest.mark.parametrize(("before", "after", "asks"), [(1, 0, True), (10, 1, True), (20, 3, False), (9, 1, False)])
async def test_a_catalogue_that_has_lost_nearly_all_its_rows_is_stored_only_when_it_is_confirmed(
    api: Api, before: int, after: int, asks: bool
) -> None:
    retailer = await api.a_retailer()
    lines = [COOKIE_LINE.replace("cookies-12", f"sku-{number:02}") for number in range(before)]
    assert (await upload(retailer, "\n".join([HEADER, *lines]))).status_code == 200
    fewer = "\n".join([HEADER, *lines[:after]])
    if asks:
        for confirm in ({}, {"confirm": "prices"}):
            refused = await upload(retailer, fewer, **confirm)
            words = f"This catalogue has {after} rows, and the one that it replaces has {before}: "
            assert refused.json()["data"] == {"rows": [f"{words}if that is right, repeat with ?confirm=rows."]}
            assert len(await sold(retailer)) == before
            assert await staged(api) == 0
    assert (await upload(retailer, fewer, **({"confirm": "rows"} if asks else {}))).status_code == 200
    assert len(await sold(retailer)) == after


@pytest.mark.parametrize("name", ["=1+1", '=HYPERLINK("http://x";"y")', "+49 30", "-5", "@SUM(A1)"])
async def test_a_formula_is_a_name_like_any_other(api: Api, name: str) -> None:
    retailer = await api.a_retailer()
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, ["a", name, "", "", "1", "g", "1", "EUR", ""]])
    assert (await upload(retailer, text.getvalue())).status_code == 200
    assert [entry["name"] for entry in await sold(retailer)] == [name]


FAULTY = [
    ("", "header.sku"),
    ("sku,name", "header.packSize"),
    (f"{HEADER},colour\n", "header.colour"),
    (f"{HEADER},sku\n", "header.sku"),
    (HEADER.replace(",", "\t") + "\n", "header.sku"),
    (f"{HEADER}\n{COOKIE_LINE}\nx,y\n", "rows.1"),
    (f"{HEADER}\n{COOKIE_LINE},\n", "rows.0"),
    (f"{HEADER}\n{COOKIE_LINE}\n\n{COOKIE_LINE.replace('3.49', '3,49')}", "rows.1"),
    (f"{HEADER}\n{COOKIE_LINE.replace('3.49', 'cheap')}", "rows.0.price"),
    (f"{HEADER}\n{COOKIE_LINE.replace('3.49', '-3.49')}", "rows.0.price"),
    (f"{HEADER}\n{COOKIE_LINE.replace('3.49', '')}", "rows.0.price"),
    (f"{HEADER}\n{COOKIE_LINE.replace(',12,', ',1e3,')}", "rows.0.packSize"),
    (f"{HEADER}\n{COOKIE_LINE.replace(',12,', ',NaN,')}", "rows.0.packSize"),
    (f"{HEADER}\n{COOKIE_LINE}perhaps", "rows.0.available"),
    (f"{HEADER}\n{COOKIE_LINE.replace(',,', ',,4006381333932', 1)}", "rows.0.gtin"),
    (f"{HEADER}\n{COOKIE_LINE.replace(',,', ',,400638133393', 1)}", "rows.0.gtin"),
    (f"{HEADER}\n{COOKIE_LINE.replace('Oat', chr(0))}", "rows.0.name"),
    (f'{HEADER}\n{COOKIE_LINE}\n"{COOKIE_LINE}', "rows.1"),
    (f"{HEADER}\n{COOKIE_LINE.replace('Oat cookies', chr(34) + 'Oat' + chr(10) + 'cookies' + chr(34))}", "rows.0.name"),
    (f"{HEADER}\n{COOKIE_LINE}\n{COOKIE_LINE}", "rows.1.sku"),
    (f"{HEADER}\n{'x' * 70_000}", "rows.0"),
    (f"{HEADER}\n{COOKIE_LINE}\n".encode() + b"\xff", "rows.1"),
    (f"{HEADER}\n{COOKIE_LINE}\n".encode("utf-16"), "rows.0"),
]


@pytest.mark.parametrize(("text", "place"), FAULTY, ids=range(len(FAULTY)))
async def test_a_fault_is_named_by_its_row_and_leaves_the_catalogue_as_it_was(
    api: Api, text: str | bytes, place: str
) -> None:
    retailer = await api.a_retailer()
    answer = await upload(retailer, text)
    assert (answer.status_code, place in answer.json()["data"]) == (400, True), answer.text
    assert [entry["sku"] for entry in await sold(retailer)] == ["cookies-12"]
    assert await staged(api) == 0


NO_CATALOGUE = [b"", b"{}", b"null", b"[{}", b"[{},]", b"[1]", b'[{"sku": "\\', b"[] []", b"[" * 70_000, b"[{} {}]"]


@pytest.mark.parametrize("body", NO_CATALOGUE, ids=range(len(NO_CATALOGUE)))
async def test_what_is_no_array_of_rows_is_refused(api: Api, body: bytes) -> None:
    retailer = await api.a_retailer()
    answer = await retailer.call("PUT", path_of(retailer), content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert [entry["sku"] for entry in await sold(retailer)] == ["cookies-12"]


async def test_brackets_and_quotes_in_a_name_are_no_end_of_a_row(api: Api) -> None:
    retailer = await api.a_retailer()
    names = ['a "b" c', "}]", '\\"', "{[", "\\", '"}', "ü\u2603"]
    rows = [COOKIES | {"sku": str(number), "name": name} for number, name in enumerate(names)]
    for text in (json.dumps(rows), json.dumps(rows, indent=2, ensure_ascii=False)):
        body = text.encode()
        answer = await retailer.call(
            "PUT", path_of(retailer), content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        assert [entry["name"] for entry in await sold(retailer)] == names


async def test_a_hundred_faults_are_named_and_the_others_counted(api: Api) -> None:
    retailer = await api.a_retailer()
    bad = [COOKIE_LINE.replace("3.49", "?").replace("cookies-12", str(number)) for number in range(150)]
    data = (await upload(retailer, "\n".join([HEADER, *bad]))).json()["data"]
    assert data.pop("rows") == ["And 50 more faults."]
    assert list(data) == [f"rows.{number}.price" for number in range(100)]


@pytest.mark.parametrize(
    ("price", "currency", "stored"),
    [
        ("1.29", "EUR", "1.29"),
        ("1.2", "EUR", "1.20"),
        ("1", "EUR", "1.00"),
        ("1.2900", "EUR", "1.29"),
        ("1.2999", "EUR", None),
        ("0.001", "EUR", None),
        ("300", "JPY", "300"),
        ("300.00", "JPY", "300"),
        ("300.5", "JPY", None),
        ("1.234", "KWD", "1.234"),
        ("1.2345", "KWD", None),
    ],
)
async def test_a_price_has_the_decimals_of_its_currency_and_no_more(
    api: Api, price: str, currency: str, stored: str | None
) -> None:
    retailer = await api.a_retailer()
    answer = await upload(retailer, f"{HEADER}\nnew,New,,,1,piece,{price},{currency},\n")
    if stored is None:
        most = {"EUR": "at most 2", "JPY": "no", "KWD": "at most 3"}[currency]
        assert answer.status_code == 400
        assert answer.json()["data"] == {"rows.0.price": [f"In {currency} a price has {most} decimals."]}
    else:
        assert answer.status_code == 200
        assert [entry["price"] for entry in await sold(retailer)] == [stored]


async def test_a_price_that_changes_tenfold_is_stored_only_when_it_is_confirmed(api: Api) -> None:
    """Poison, or a lost decimal point: what rules order by themselves must not cost a hundred times as much."""
    retailer = await api.a_retailer()
    for price, currency, suspicious in (
        ("34.90", "EUR", False),
        ("3.49", "EUR", False),
        ("349.00", "EUR", True),
        ("0.34", "EUR", True),
        ("3.49", "USD", True),
    ):
        text = f"{HEADER}\n{COOKIE_LINE.replace('3.49', price).replace('EUR', currency)}\n"
        before = await sold(retailer)
        answer = await upload(retailer, text)
        assert answer.status_code == (400 if suspicious else 200), price
        if suspicious:
            assert list(answer.json()["data"]) == ["rows.0.price"]
            assert "confirm=prices" in answer.text
            assert await sold(retailer) == before
    confirmed = await upload(retailer, f"{HEADER}\n{COOKIE_LINE.replace('3.49', '349.00')}\n", confirm="prices")
    assert confirmed.status_code == 200
    assert (await sold(retailer))[0]["price"] == "349.00"
    assert (await upload(retailer, f"{HEADER}\n{COOKIE_LINE}", confirm="everything")).status_code == 400


@given(st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2))
def test_suspicion_is_the_same_both_ways(one: Decimal, other: Decimal) -> None:
    assert is_suspicious(one, other) == is_suspicious(other, one)
    assert not is_suspicious(one, one)
    assert not is_suspicious(one, one * 10)


async def test_two_uploads_at_once_leave_one_of_the_two_whole(api: Api) -> None:
    retailer = await api.a_retailer()
    texts = [
        "\n".join([HEADER, *(COOKIE_LINE.replace("cookies-12", f"{which}-{number}") for number in range(1500))])
        for which in "ab"
    ]
    answers = await asyncio.gather(*(upload(retailer, text) for text in texts))
    assert [answer.status_code for answer in answers] == [200, 200]
    found = await search(retailer, retailer, limit=100)
    assert len(found) == 1500
    assert len({sku[0] for sku in found}) == 1


async def test_what_a_dead_upload_has_left_is_tidied_up_by_the_next(api: Api) -> None:
    retailer = await api.a_retailer()
    entry: dict[str, Any] = {"sku": "x", "name": "x", "brand": None, "gtin": None, "pack_size": Decimal(1), "unit": "g"}
    entry |= {"price": Decimal(1), "currency": "EUR", "available": True}
    for age in (timedelta(), FORGOTTEN_AFTER + timedelta(minutes=1)):
        async with api.parts.db.writing() as session:
            await catalogue.stage(session, new_uuid(), datetime.now(UTC) - age, [(0, entry)])
    assert (await upload(retailer, f"{HEADER}\n{COOKIE_LINE}")).status_code == 200
    assert await staged(api) == 1, "the younger one may still be under way"
    async with api.parts.db.writing() as session:
        for left in await catalogue.forgotten(session, datetime.now(UTC) + timedelta(hours=1)):
            assert not await catalogue.discard(session, left)


LINE = "sku-{0:06},Oat cookies {0},Cow,,12,piece,3.49,EUR,true\n"


def test_s1_a_hundred_thousand_rows_need_no_more_memory_than_a_few() -> None:
    """Read and checked a portion at a time: five times the rows need hardly more."""
    peaks = []
    for rows in (2_000, 10_000):
        with TemporaryFile() as file:
            file.write(f"{HEADER}\n".encode())
            file.writelines(LINE.format(number).encode() for number in range(rows))
            file.seek(0)
            checking = Checking(rows_of(file, "text/csv", FIELDS))
            tracemalloc.start()
            counted = 0
            while (good := checking.portion(STAGED_AT_ONCE)) is not None:
                counted += len(good)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert (counted, checking.faults.shown) == (rows, {})
    assert peaks[1] < peaks[0] * 1.5, peaks


async def test_s10_a_catalogue_is_streamed_while_others_go_on_reading_and_writing(api: Api) -> None:
    retailer, other, rows = await api.a_retailer(), await api.a_retailer(), 5_000

    async def lines() -> AsyncIterator[bytes]:
        yield f"{HEADER}\n".encode()
        for number in range(rows):
            yield LINE.format(number).encode()

    async def seen(done: asyncio.Event) -> set[int]:
        found = set()
        while not done.is_set():
            found.add(len((await retailer.get(path_of(retailer), limit=2)).json()["data"]))
            change = await other.call("PATCH", f"/retailers/{other.shown['uuid']}", json={"name": "Open"})
            assert change.status_code == 200, change.text
        return found

    done = asyncio.Event()
    looking = asyncio.create_task(seen(done))
    headers = {"Content-Type": "text/csv"}
    answer = await retailer.call("PUT", path_of(retailer), content=lines(), headers=headers, timeout=120)
    done.set()
    assert answer.json()["data"] == {"entries": rows}, answer.text
    assert await looking <= {1, 2}, "the old one, then the new one, never something between"
    async with api.parts.db.reading() as session:
        (last,) = await catalogue.search(session, UUID(retailer.shown["uuid"]), f"sku-{rows - 1:06}", None, 1)
    assert last.name == f"Oat cookies {rows - 1}"


async def test_more_rows_than_there_may_be_are_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    retailer = await api.a_retailer()
    monkeypatch.setattr("api.entries.MOST_ENTRIES", 3)
    rows = [COOKIES | {"sku": str(number)} for number in range(4)]
    answer = await retailer.call("PUT", path_of(retailer), json=rows)
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["rows"])
    assert [entry["sku"] for entry in await sold(retailer)] == ["cookies-12"]


async def test_more_bytes_than_there_may_be_are_refused_before_they_are_sent(api: Api) -> None:
    retailer, where = await api.a_retailer(), api.http.base_url
    reader, writer = await asyncio.open_connection(where.host, where.port)
    headers = {"Host": where.host, "Content-Type": "text/csv", "Content-Length": str(CATALOGUE_LIMIT + 1)}
    lines = [
        f"PUT {path_of(retailer)} HTTP/1.1",
        *(f"{name}: {value}" for name, value in (headers | retailer.headers).items()),
    ]
    writer.write("\r\n".join((*lines, "", "")).encode())
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()
    await writer.wait_closed()
