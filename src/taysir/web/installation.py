"""What an installation must be told, as frozen structs read once from a JSON file.

``TAYSIR_SETTINGS`` names the file. Without it the values are those of a bare test installation in
memory, so that the code can be imported, checked and tested without one. Unknown keys are refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from taysir.kernel.errors import Mender, Problem, declare

TRX_SETTINGS = declare(
    "TRX-0001",
    status=500,
    ar="إعدادات البوابة في {file} غير صحيحة: {reason}.",
    en="The portal's settings in {file} are not acceptable: {reason}.",
    remedy_ar="صحّح الملف ثم شغّل البوابة.",
    remedy_en="Correct the file, then start the portal.",
    mender=Mender.OPERATOR,
)

SERVICES = Path(__file__).parents[1] / "country" / "services"


class SignInSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The identity provider: its address and what it knows us by."""

    server_url: str = "http://127.0.0.1:8002"
    client_id: str = "portal"
    secret: str = "not-a-secret"  # noqa: S105 - of the bare test installation only


class SealSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agency's seal: certificate, key and the authorities that it must lead to (PEM files)."""

    certificate: str = ""
    key: str = ""
    trust_roots: str = ""


class PortalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a portal must be told.

    Attributes:
        secret_key: signs sessions and pseudonyms; at least 50 characters in production.
        public_url: the portal's own address, without a slash at its end.
        host: the address to listen on.
        port: the port to listen on.
        database: the SQLite file, or ``:memory:``.
        documents: the folder of sealed documents.
        static_root: where collected static files lie.
        subsystem: who asks, in the federation.
        face_url: the information-system face of our node.
        admin_url: the admin face of our node.
        packs: the folders of the service packs that are offered.
        pay_url: where a person pays; ``{number}`` stands for the bill number.
        biller: the agency's biller code at the treasury.
        measures: the programme's service for case events.
        holidays: the file of public holidays; without one only weekends are free.
        threads: pages answered at the same time.
    """

    secret_key: str = "bare-test-installation-" + "x" * 40
    public_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    database: str = ":memory:"
    documents: str = "var/documents"
    static_root: str = ""
    subsystem: str = "WAHA/GOV/TRF/portal"
    face_url: str = "http://127.0.0.1:8020"
    admin_url: str = "http://127.0.0.1:8030"
    packs: tuple[str, ...] = (str(SERVICES / "licence_renewal"),)
    pay_url: str = "http://127.0.0.1:8003/pay/{number}"
    biller: str = "013"
    treasury: str = "WAHA/GOV/PAY/bills/bills"
    measures: str = "WAHA/GOV/PRG/measures/case-events"
    holidays: str = ""
    threads: int = 8
    sign_in: SignInSettings = SignInSettings()
    seal: SealSettings = SealSettings()


Kind = TypeVar("Kind")


def read_installation(kind: type[Kind]) -> Kind:
    """Read the file that ``TAYSIR_SETTINGS`` names, or return the defaults; raises TRX-0001."""
    name = os.environ.get("TAYSIR_SETTINGS", "")
    if not name:
        return kind()
    try:
        return msgspec.json.decode(Path(name).read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise Problem(TRX_SETTINGS, file=name, reason=str(error)) from error
