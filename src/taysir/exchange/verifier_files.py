"""No file of an evidence package goes unexamined.

A package is signed as a whole by whoever hands it out, so a forger could put a file beside the
signed ones that nothing checks, and people would take it for evidence: a second summary, the body
of an answer that nobody signed. What no step looks at is therefore a finding.
"""

from __future__ import annotations

import re
from typing import Final

from taysir.exchange.evidence_log import PROOF_FILE, STAMP_FILE, STATUS_FILE
from taysir.exchange.evidence_range import (
    AGREEMENTS_FILE,
    CHECKPOINT_FILE,
    CONSENTS_FILE,
    RANGE_FILE,
    RANGE_FORMAT,
)
from taysir.exchange.verifier_case import Case, finding

_KNOWN: Final = re.compile(
    r"mimetype|manifest\.(json|jws)|(request|response)\.(jws|body|headers)|redactions\.json"
    r"|federation\.jws|authority\.pem|certificates/[A-Za-z0-9_-]{43}\.pem|journal\.json"
    r"|agreement/(agreement\.json|[A-Za-z0-9._-]+\.accept\.jws|[0-9]+\.end\.jws)"
    r"|consent/(consent|revocation)\.jws|summary\.(ar|en)\.html"
    rf"|{re.escape(PROOF_FILE)}|{re.escape(STAMP_FILE)}|{re.escape(STATUS_FILE)}"
)
"""Every file of one exchange's package that some step looks at."""
_KNOWN_OF_RANGE: Final = re.compile(
    r"mimetype|manifest\.(json|jws)|federation\.jws|authority\.pem"
    rf"|{re.escape(RANGE_FILE)}|{re.escape(AGREEMENTS_FILE)}|{re.escape(CHECKPOINT_FILE)}"
    rf"|{re.escape(CONSENTS_FILE)}"
    rf"|{re.escape(STAMP_FILE)}|{re.escape(STATUS_FILE)}"
)
"""The same of an exported range."""


def check_known(case: Case, *, form: str) -> None:
    """Note every file of a package of a format that no step looks at."""
    known = _KNOWN_OF_RANGE if form == RANGE_FORMAT else _KNOWN
    for name in sorted(case.files):
        if not known.fullmatch(name):
            case.add(finding(name, "no step of the check looks at it"))


def nothing_else(case: Case, beginning: str, *, but: frozenset[str] = frozenset()) -> None:
    """Note what stands among the files of a kind although nothing that was signed speaks of it."""
    for name in sorted(case.files):
        if name.startswith(beginning) and name not in but:
            case.add(finding(name, "nothing that was signed speaks of it"))
