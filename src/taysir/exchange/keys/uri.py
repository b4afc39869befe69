"""The ``pkcs11:`` URIs of the settings: which token, which key, which library.

A subset of RFC 7512: path attributes ``token``, ``serial``, ``slot-id``, ``object``, ``id`` and
``type=private``, query attributes ``module-path`` and ``pin-source``. A PIN inside the URI
(``pin-value``) is refused, because settings are not a place for secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from taysir.exchange.keys.errors import EXC_KEY
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_PATH: Final = frozenset({"token", "serial", "slot-id", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    """One key in one token. Empty attributes are not looked at; ``slot`` is None when not given."""

    module: str
    token: str = ""
    serial: str = ""
    slot: int | None = None
    label: str = ""
    key_id: bytes = b""
    pin_source: str = ""

    @property
    def shown(self) -> str:
        """The key's name for people and logs: without library and PIN source."""
        return str(self).partition("?")[0]

    def __str__(self) -> str:
        """The URI in one spelling."""
        path = {
            "token": quote(self.token, safe=""),
            "serial": quote(self.serial, safe=""),
            "slot-id": "" if self.slot is None else str(self.slot),
            "object": quote(self.label, safe=""),
            "id": "".join(f"%{byte:02X}" for byte in self.key_id),
        }
        query = {
            "module-path": quote(self.module, safe="/"),
            "pin-source": quote(self.pin_source, safe="/:"),
        }
        return "pkcs11:{}?{}".format(
            ";".join(f"{name}={value}" for name, value in path.items() if value),
            "&".join(f"{name}={value}" for name, value in query.items() if value),
        )


def parse_token_uri(text: str) -> TokenUri:
    """Read a URI; raises EXC-0601 naming what is wrong, never a secret in it."""
    scheme, colon, rest = text.partition(":")
    if scheme != "pkcs11" or not colon or len(text) > limits.KEY_REFERENCE_CHARS:
        raise Problem(EXC_KEY, key="pkcs11:", reason="not a pkcs11: URI of sensible length")
    path, _, query = rest.partition("?")
    given = _attributes(path, separator=";", known=_PATH)
    asked = _attributes(query, separator="&", known=_QUERY)
    if given.get("type", b"private") != b"private":
        raise _refusal("type must be private")
    uri = TokenUri(
        module=_text(asked.get("module-path", b"")),
        token=_text(given.get("token", b"")),
        serial=_text(given.get("serial", b"")),
        slot=_slot(given.get("slot-id", b"")),
        label=_text(given.get("object", b"")),
        key_id=given.get("id", b""),
        pin_source=_text(asked.get("pin-source", b"")),
    )
    _check_complete(uri)
    return uri


def _slot(digits: bytes) -> int | None:
    if not digits:
        return None
    if not digits.isdigit() or len(digits) >= 10:
        raise _refusal("slot-id must be a number")
    return int(digits)


def _check_complete(uri: TokenUri) -> None:
    """Refuse a URI that leaves the library, the token or the key open."""
    if not uri.module.startswith("/"):
        raise _refusal("module-path must name the library, beginning with /")
    if not (uri.token or uri.serial or uri.slot is not None):
        raise _refusal("token, serial or slot-id is missing")
    if not (uri.label or uri.key_id):
        raise _refusal("object or id is missing")


def _attributes(text: str, *, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise _refusal("a PIN does not belong in settings; use secret or pin-source")
        if name not in known or not equals or not value:
            raise _refusal(f"unknown or empty attribute {_printable(name)}")
        if name in found:
            raise _refusal(f"{name} is given twice")
        found[name] = unquote_to_bytes(value)
    return found


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise _refusal("an attribute is not UTF-8") from cause
    if not text.isprintable():
        raise _refusal("an attribute has characters that cannot be printed")
    return text


def _printable(name: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in name[:32])


def _refusal(reason: str) -> Problem:
    return Problem(EXC_KEY, key="pkcs11:…", reason=reason)
