"""How verbs ask a running node: one request to its admin face, with its token if it has one."""

from __future__ import annotations

import http.client
import os
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

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


def ask_admin(
    node: str, path: str, *, method: str = "GET", token: str = "", body: object = None
) -> Any:
    """Return the JSON that a node's admin face answers.

    Raises:
        Problem: the node's own error when it refuses, CLI-0901 when nobody answers or the refusal
            has no code of ours.
    """
    address = urlsplit(node)
    headers = _headers(token or os.environ.get(TOKEN_VARIABLE, ""))
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


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _refusal(node: str, status: int, value: dict[str, Any]) -> Problem:
    """Return the node's own error, or CLI-0901 with what it said."""
    kind, params = CATALOGUE.get(str(value.get("code", ""))), value.get("params")
    if kind is not None and isinstance(params, dict):
        return Problem(kind, **params)
    reason = f"{value.get('code', status)} {value.get('title_en', value.get('title'))}"
    return Problem(CLI_NODE, node=node, reason=reason[:300])
