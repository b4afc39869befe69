"""Writes the vectors: ``python -m tests.vectors.generate``. The same bytes come out each time.

Each file is ``{"about", "vectors"}``; a vector with a ``code`` must be refused with that code, one
without must be accepted with what it states. ``world.json`` holds what all others stand in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from . import basics, calls, containers, documents, histories, statements
from .basics import Vector
from .world import (
    LOG,
    NOW_MS,
    SUBJECT_KEY,
    WITNESS,
    World,
    der64,
    make_world,
    scalar,
)

FOLDER: Final = Path(__file__).parent

_WITHOUT_KEYS: Final[dict[str, tuple[str, Callable[[], list[Vector]]]]] = {
    "canonical": ("Canonical JSON (clause 0)", basics.canonical),
    "identifiers": ("Identifiers (clause 0)", basics.identifiers),
    "headers": ("Headers that travel, and their digest (clause 3)", basics.headers),
    "projections": ("Answers reduced to the agreed fields (clause 10)", basics.projections),
    "notes": ("Checkpoints and proofs of entries (clause 11)", basics.notes),
    "containers": ("Containers of evidence (clause 12)", containers.containers),
    "entries": ("Entries of a log (clause 11)", histories.entries),
    "witness": ("What a witness answers (clause 11)", histories.witness),
    "frames": ("Frames of the link, in hexadecimal (clause 7)", basics.frames),
}
_WITH_KEYS: Final[dict[str, tuple[str, Callable[[World], list[Vector]]]]] = {
    "statements": (
        "Signed statements as they are read (clauses 1, 3 and 8)",
        statements.statements,
    ),
    "agreements": ("Sharing agreements (clause 5)", documents.agreements),
    "standing": ("Agreements beside each other (clause 5)", histories.standing),
    "consents": ("Consents (clause 6)", documents.consents),
    "federation": ("The federation document (clause 4)", documents.federation),
    "requests": ("What a consumer's node signs (clause 9)", calls.requests),
    "calls": ("What a provider's node does with a call (clause 9)", calls.calls),
    "answers": ("What a consumer's node does with an answer (clause 9)", calls.answers),
}


def files() -> dict[str, str]:
    """Return every file by its name."""
    world = make_world()
    made = {"world.json": _text(_world(world))}
    for name, (about, make) in _WITHOUT_KEYS.items():
        made[f"{name}.json"] = _text({"about": about, "vectors": make()})
    for name, (about, of_world) in _WITH_KEYS.items():
        made[f"{name}.json"] = _text({"about": about, "vectors": of_world(world)})
    return made


def _world(world: World) -> dict[str, Any]:
    return {
        "about": "The federation in which the other vectors stand",
        "now_ms": NOW_MS,
        "anchor": der64(world.authority),
        "federation": world.federation().decode(),
        "subject_key": SUBJECT_KEY.hex(),
        "new_id": statements.EXCHANGE,
        "consumer": {"members": ["WAHA/GOV/TRF", "WAHA/GOV/MOJ"], "zone": "riyadh"},
        "provider": {
            "members": ["WAHA/GOV/MOI"],
            "zone": "jeddah",
            "unserved": ["unserved"],
            "backend": calls.BACKEND,
        },
        "keys": {
            name: {
                "certificate": der64(signer),
                "x5t": signer.thumbprint,
                "private": scalar(signer),
            }
            for name, signer in world.signers.items()
        },
        "log": {"log": LOG.public.encode(), "witness": WITNESS.public.encode()},
        "agreements": [
            {
                "name": name,
                "document": signed.document.decode(),
                "accepts": {by: token.decode() for by, token in signed.accepts.items()},
                "ends": [token.decode() for token in signed.ends],
            }
            for name, signed in world.agreements.items()
        ],
        "consents": [
            {"token": signed.token.decode(), "revocation": signed.revocation.decode()}
            for signed in world.consents.values()
        ],
    }


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the files."""
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
