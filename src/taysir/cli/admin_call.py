"""How verbs ask a running node: one request to its admin face, with its token if it has one."""

from __future__ import annotations

import http.client
import os
import urllib.error
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from taysir.exchange.settings import read_settings
from taysir.kernel import limits
from taysir.kernel.errors import CATALOGUE, Mender, Problem, Retry, declare

CLI_NODE = declare(
    "CLI-0901",
    status=502,
    ar="لم تجب العقدة {node}: {reason}.",
    en="The node {node} did not answer: {reason}.",
    remedy_ar="تحقق من عمل العقدة ومن عنوان واجهتها الإدارية ورمزها (TAYSIR_ADMIN_TOKEN).",
    remedy_en="Check that the node runs, its admin address, and its token (TAYSIR_ADMIN_TOKEN).",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
TOKEN_VARIABLE: Final = "TAYSIR_ADMIN_TOKEN"  # noqa: S105 - a variable's name


def node_address(node: str) -> str:
    """Return the admin face of a node that is named by address, folder or settings file."""
    if node.startswith(("http://", "https://")):
        return node.rstrip("/")
    place = Path(node)
    settings = read_settings(place / "node.json" if place.is_dir() else place)
    return f"http://{settings.host}:{settings.admin_port}"


def admin_headers(token: str = "") -> dict[str, str]:
    """Return the header that carries the token for an admin face, if there is a token."""
    known = token or os.environ.get(TOKEN_VARIABLE, "")
    return {"Authorization": f"Bearer {known}"} if known else {}


def ask_admin(
    node: str, path: str, *, method: str = "GET", token: str = "", body: object = None
) -> Any:
    """Return the JSON that a node's admin face answers.

    Raises:
        Problem: the node's own error when it refuses, CLI-0901 when nobody answers or the refusal
            has no code of ours.
    """
    address = urlsplit(node)
    headers = admin_headers(token)
    data = None
    if body is not None:
        data = orjson.dumps(body)
        headers["Content-Type"] = "application/json"
    if address.scheme != "http" or not address.hostname:
        raise Problem(CLI_NODE, node=node, reason="not an http:// address")
    connection = http.client.HTTPConnection(
        address.hostname, address.port or 80, timeout=limits.CLIENT_TIMEOUT_S
    )
    try:
        connection.request(method, path, body=data, headers=headers)
        with connection.getresponse() as answer:
            value = orjson.loads(answer.read(limits.HTTP_BODY_BYTES + 1))
    except OSError as error:
        raise Problem(CLI_NODE, node=node, reason=str(error.strerror or error)) from error
    except (http.client.HTTPException, orjson.JSONDecodeError) as error:
        raise Problem(CLI_NODE, node=node, reason="not an admin face") from error
    finally:
        connection.close()
    if answer.status >= 400:
        raise _refusal(node, answer.status, value)
    return value


def _refusal(node: str, status: int, value: dict[str, Any]) -> Problem:
    """Return the node's own error, or CLI-0901 with what it said."""
    kind, params = CATALOGUE.get(str(value.get("code", ""))), value.get("params")
    if kind is not None and isinstance(params, dict):
        return Problem(kind, **params)
    reason = f"{value.get('code', status)} {value.get('title_en', value.get('title'))}"
    return Problem(CLI_NODE, node=node, reason=reason[:300])


def refusal_said_by(error: urllib.error.HTTPError, *, node: str) -> Problem:
    """Return what an admin face answered instead of a file: its own error, or CLI-0901."""
    with error:
        try:
            value = orjson.loads(error.read(limits.HTTP_HEADER_BYTES))
        except orjson.JSONDecodeError:
            value = None
    return _refusal(node, error.code, value if isinstance(value, dict) else {})
