"""Proof verification against the probes of transparency-dev/merkle, most of them negative."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from taysir.kernel.errors import Problem
from taysir.kernel.merkle import (
    Subtree,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from tests.conformance.suites import suite

Probe = dict[str, Any]


def octets(text: str | None) -> bytes:
    """Base64 as the suite writes it; null stands for nothing."""
    return base64.b64decode(text or "")


def proof(probe: Probe) -> list[bytes]:
    """The hashes of a probe."""
    return [octets(value) for value in probe["proof"] or []]


def inclusion(p: Probe) -> None:
    """A leaf in a tree."""
    leaf, root = octets(p["leafHash"]), octets(p["root"])
    verify_inclusion(leaf, index=p["leafIdx"], size=p["treeSize"], proof=proof(p), root=root)


def subtree_inclusion(p: Probe) -> None:
    """A leaf in a range of a tree."""
    leaf, index = octets(p["leafHash"]), p["leafIdx"] if "leafIdx" in p else p["index"]
    subtree = Subtree(start=p["start"], end=p["end"], root=octets(p["root"]))
    verify_subtree_inclusion(leaf, index=index, subtree=subtree, proof=proof(p))


def consistency(p: Probe) -> None:
    """Two sizes of one tree."""
    verify_consistency(
        first=p["size1"],
        second=p["size2"],
        first_root=octets(p["root1"]),
        second_root=octets(p["root2"]),
        proof=proof(p),
    )


def subtree_consistency(p: Probe) -> None:
    """A range and a whole tree."""
    subtree = Subtree(start=p["start"], end=p["end"], root=octets(p["root1"]))
    verify_subtree_consistency(subtree, size=p["size"], root=octets(p["root2"]), proof=proof(p))


CHECKS: dict[str, tuple[int, Callable[[Probe], None]]] = {
    "inclusion": (90, inclusion),
    "consistency": (90, consistency),
    "subtreeinclusion": (90, subtree_inclusion),
    "subtreeconsistency": (90, subtree_consistency),
}


@pytest.mark.parametrize("kind", CHECKS)
def test_every_probe_is_judged_as_published(kind: str) -> None:
    """Happy paths pass, every other probe is refused with our own error."""
    least, check = CHECKS[kind]
    wrong = []
    files = sorted((suite("merkle") / "testdata" / kind).rglob("*.json"))
    for file in files:
        probe = json.loads(file.read_text("utf-8"))
        refused = False
        try:
            check(probe)
        except Problem:
            refused = True
        if refused != probe["wantErr"]:
            wrong.append(f"{file.parent.name}/{file.name}: {probe['desc']}")

    assert [] == wrong
    assert len(files) >= least
