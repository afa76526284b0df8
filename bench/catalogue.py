"""A retailer's whole catalogue by CSV: what 10,000 rows take, against a bare read and insert; the memory of the API."""

import csv
import io
import sqlite3
import time
from pathlib import Path

from bench.figures import Aim, Figure, Pairs, Report, said
from bench.household import move_in, opened
from bench.http_lines import Line
from bench.processes import Processes

COLUMNS = ("sku", "name", "brand", "gtin", "packSize", "unit", "price", "currency", "available")
UNIT = 10_000


async def measure(processes: Processes, home: Path, rounds: int, rows: int) -> Report:
    """A tenth of the rows first, then all of them, each time with other prices."""
    pairs = Pairs()
    api = next(name for name in processes.running if name.startswith("api"))
    async with opened(processes.database_url) as db:
        shop = await move_in(db, 1)
    async with Line(processes.api_ports[0]) as line:

        async def upload(text: bytes) -> None:
            path = f"/retailers/{shop.retailer}/catalogue"
            await line.put(path, "text/csv", text, shop.retailer_key)

        await upload(_file(rows // 10, 0))
        few_memory = processes.peak(api)
        for number in range(1, rounds + 1):
            text = _file(rows, number)
            bare = _bare(home / f"bare-{number}.db", text)
            started = time.perf_counter()
            await upload(text)
            pairs.add(bare * UNIT / rows, (time.perf_counter() - started) * UNIT / rows)
        memory = processes.peak(api)
    return Report(
        "Catalogue",
        [
            pairs.figure(f"{UNIT:,} rows of an upload of {rows:,}", "s"),
            Figure(
                f"the most memory of the API with {rows:,} rows",
                said(memory, "MB"),
                said(few_memory, "MB"),
                memory / few_memory if few_memory else 0.0,
                Aim(1.3, at_most=True),
            ),
        ],
        [
            f"{rounds} uploads of CSV on SQLite, each with other prices for every row: checked, staged, compared, "
            "exchanged. Bare: the same file read and put into a table of SQLite without any check. "
            f"Memory: against an upload of {rows // 10:,} rows."
        ],
    )


def _file(rows: int, run: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number in range(rows):
        price = f"{1 + number % 90}.{run % 100:02}"
        writer.writerow((f"sku-{number}", f"Oat cookies {number}", "Corner", "", 12, "piece", price, "EUR", "true"))
    return text.getvalue().encode()


def _bare(file: Path, text: bytes) -> float:
    """Seconds for the same rows with nothing in between."""
    started = time.perf_counter()
    with sqlite3.connect(file) as connection:
        connection.execute(f"CREATE TABLE rows ({', '.join(COLUMNS)}, PRIMARY KEY (sku))")
        rows = csv.reader(io.StringIO(text.decode()))
        next(rows)
        connection.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    connection.close()
    return time.perf_counter() - started
