"""The key of a look-up, from the path as sent to the text the registry is asked for.

Arabic-Indic and Persian digits are accepted. A key that cannot be in the registry is refused
before the registry is asked, with the fault and without the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from taysir.dataservice.errors import DSV_KEY_INVALID
from taysir.dataservice.model import Mapping
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identity_number import IdentityNumber
from taysir.kernel.text import normalise_digits

ReadKey = Callable[[bytes], str]


def key_reader(mapping: Mapping) -> ReadKey:
    """Return the function that reads and checks this service's keys; it raises DSV-0201."""
    name = mapping.key_name
    check = _identity_number if mapping.key.check else _pattern(mapping.key.pattern)

    def read(encoded: bytes) -> str:
        try:
            text = unquote_to_bytes(encoded).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Problem(DSV_KEY_INVALID, key=name, fault="UTF-8") from error
        if len(text) > limits.DATASERVICE_KEY_CHARS:
            raise Problem(DSV_KEY_INVALID, key=name, fault="length")
        key, fault = check(text)
        if fault:
            raise Problem(DSV_KEY_INVALID, key=name, fault=fault)
        return key

    return read


def _identity_number(text: str) -> tuple[str, str]:
    try:
        return IdentityNumber.parse(text).digits, ""
    except Problem as problem:
        return "", str(problem.params["fault"])


def _pattern(pattern: str) -> Callable[[str], tuple[str, str]]:
    compiled = re.compile(pattern)

    def check(text: str) -> tuple[str, str]:
        key = normalise_digits(text)
        return key, "" if compiled.fullmatch(key) else pattern

    return check
