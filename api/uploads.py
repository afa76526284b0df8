"""A catalogue as it comes: the rows of a file of JSON or CSV, one after another and never all of it at once (S25)."""

import csv
import mmap
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import IO

from api.decoding import CSV, from_json, named
from domain.errors import Invalid

LONGEST_ROW = 64 * 1024
_BLANKS = re.compile(rb"[ \t\n\r]*")
# what counts when looking for the end of an object: a bracket, or a text with its end, if that comes before a backslash
_MARK = re.compile(rb'[{}\[\]]|"[^"\\]*("?)')
_IN_TEXT = re.compile(rb'["\\]')
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_SAID = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Misshapen(str):
    """A row that has no fields, and why."""

    __slots__ = ()


def rows_of(file: IO[bytes], media_type: str, columns: dict[str, bool]) -> Iterator[object]:
    """What each row says: the value of a JSON array, or the fields of a CSV line, a blank cell being none.

    `columns` are the fields there are, and whether a header must have them. Raises Invalid where it goes no further.
    """
    if media_type == CSV:
        return _csv_rows(file, columns)
    return _json_rows(file)


def _json_rows(file: IO[bytes]) -> Iterator[object]:
    if file.seek(0, 2) == 0:
        raise Invalid({}, "The body should be a JSON array of rows.")
    text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    place = _past_blanks(text, 0)
    if text[place : place + 1] != b"[":
        raise Invalid({}, "The body should be a JSON array of rows.")
    place = _past_blanks(text, place + 1)
    number, more = 0, text[place : place + 1] != b"]"
    while more:
        end = _end_of_object(text, place, f"rows.{number}")
        try:
            yield from_json(text[place:end])
        except Invalid as wrong:
            raise Invalid({f"rows.{number}": [wrong.message]}) from None
        number += 1
        place = _past_blanks(text, end)
        more = text[place : place + 1] == b","
        if more:
            place = _past_blanks(text, place + 1)
    if text[place : place + 1] != b"]" or _past_blanks(text, place + 1) != len(text):
        raise Invalid({f"rows.{number}": ["The body is not valid JSON from here on."]})


def _past_blanks(text: mmap.mmap, place: int) -> int:
    found = _BLANKS.match(text, place)
    return place if found is None else found.end()


def _end_of_object(text: mmap.mmap, start: int, row: str) -> int:
    """Where the object ends that begins there; whether it is one of good JSON is not looked at."""
    if text[start : start + 1] != b"{":
        raise Invalid({row: ["This value should be an object."]})
    depth, place, limit = 0, start, start + LONGEST_ROW
    while (mark := _MARK.search(text, place, limit)) is not None:
        place = mark.end()
        match mark[0][:1]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case _ if not mark[1]:
                place = _end_of_text(text, place, limit)
        if depth == 0:
            return place
    raise Invalid({row: [f"This row has no end, or is longer than {LONGEST_ROW} bytes."]})


def _end_of_text(text: mmap.mmap, place: int, limit: int) -> int:
    while (found := _IN_TEXT.search(text, place, limit)) is not None:
        if found[0] == b'"':
            return found.end()
        place = found.end() + 1  # whatever the backslash stands before
    return limit


def _csv_rows(file: IO[bytes], columns: dict[str, bool]) -> Iterator[object]:
    number = 0
    try:
        lines = _lines(file)
        first = next(lines, "")
        delimiter = ";" if ";" in first and "," not in first else ","
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, columns)
        for cells in reader:
            if not any(map(str.strip, cells)):  # as spreadsheets leave them at the end
                continue
            if len(cells) == len(header):
                yield {name: _value(name, cell) for name, cell in zip(header, cells, strict=True) if cell.strip()}
            else:
                yield Misshapen(f"This row has {len(cells)} cells, and the header has {len(header)}.")
            number += 1
    except UnicodeDecodeError:
        raise Invalid({f"rows.{number}": ["The body is not valid UTF-8 from here on."]}) from None
    except csv.Error as wrong:
        raise Invalid({f"rows.{number}": [f"This is not valid CSV: {wrong}."]}) from None


def _lines(file: IO[bytes]) -> Iterator[str]:
    """Each line, none of them without end, and the first without a byte order mark."""
    encoding = "utf-8-sig"
    while line := file.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW:
            raise csv.Error(f"a line is longer than {LONGEST_ROW} bytes")
        yield line.decode(encoding)
        encoding = "utf-8"


def _check_header(header: Sequence[str], columns: dict[str, bool]) -> None:
    faults = {f"header.{name}": ["This field is missing."] for name, needed in columns.items() if needed}
    for name in header:
        faults.pop(f"header.{name}", None)
    for name in [*header]:
        if name not in columns:
            faults[named(f"header.{name}")] = ["This field was not expected."]
        elif header.count(name) > 1:
            faults[f"header.{name}"] = ["This column is there twice."]
    if faults:
        raise Invalid(faults)


def _value(name: str, cell: str) -> object:
    """A cell as JSON would have it; what cannot be read stays text, and is refused as such."""
    if name == "packSize" and _NUMBER.fullmatch(cell.strip()):
        return Decimal(cell.strip())
    if name == "available":
        return _SAID.get(cell.strip().casefold(), cell)
    return cell
