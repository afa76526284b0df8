"""The GTIN that an EPC names, where it is a serialised one: GS1's SGTIN-96 and SGTIN-198 (1.J.9).

Most tags come with a number of their chip's maker instead, and name nothing.
"""

import re

_HEX = re.compile("30[0-9a-f]{22}|36[0-9a-f]{48}(?:[0-9a-f]{2})?")
# how many bits of the 44 are the company's, by partition; it has so many digits less than 12, the rest is the product's
_COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
_BEFORE, _BOTH = 14, 44  # header, filter and partition; company and product


def gtin_of(epc: str) -> str | None:
    """Its 14 digits; None for an EPC that is something else, or that breaks the standard's bounds."""
    epc = epc.lower()
    if not _HEX.fullmatch(epc):
        return None
    value, bits = int(epc, 16), len(epc) * 4
    partition = value >> (bits - _BEFORE) & 0b111
    if partition >= len(_COMPANY_BITS):
        return None
    company, product = divmod(
        value >> (bits - _BEFORE - _BOTH) & (1 << _BOTH) - 1, 1 << (_BOTH - _COMPANY_BITS[partition])
    )
    of_company, of_product = str(company).zfill(12 - partition), str(product).zfill(1 + partition)
    if len(of_company) > 12 - partition or len(of_product) > 1 + partition:
        return None
    digits = of_product[0] + of_company + of_product[1:]
    return digits + _check_digit(digits)


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return str(-total % 10)
