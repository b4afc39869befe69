"""What ``taysir doctor --node`` looks at: the settings, keys, disk, ports and state of one node.

Everything is read from the node's folder and asked of its admin face and its authority; nothing is
changed. The findings are of the same kind as those of the sample country.
"""

from __future__ import annotations

import shutil
import socket
import stat
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from cryptography import x509

from taysir.country.examination import Finding, Severity, good_finding, problem_finding
from taysir.exchange.settings import KeyPair, NodeSettings, read_settings
from taysir.kernel import limits
from taysir.kernel.errors import CATALOGUE, Problem


def examine_node(node: Path, *, now: datetime) -> list[Finding]:
    """Run every check of a node that is named by its folder or its settings file."""
    file = node / "node.json" if node.is_dir() else node
    try:
        settings = read_settings(file)
    except Problem as problem:
        return [problem_finding("settings", problem)]
    return [
        good_finding("settings", f"الإعدادات {file} سليمة", f"The settings {file} can be read"),
        *check_keys(settings),
        *check_expiry(settings, now=now),
        *check_room(settings),
        *check_state(settings),
        *check_authority(settings),
    ]


def check_keys(settings: NodeSettings) -> list[Finding]:
    """Whether every key is there, and readable by the node's user only."""
    files = [pair.key for pair in _pairs(settings)] + [settings.bodies_key]
    if Path(settings.tls.certificate).exists():
        # It comes from the authority, together with the certificates.
        files.append(settings.subject_key)
    if settings.log is not None:
        files += [settings.log.key, settings.log.witness_key, settings.log.salt]
    found = []
    for file in (Path(name) for name in files if name and not name.startswith("pkcs11:")):
        if not file.is_file():
            found.append(
                Finding(
                    check="key",
                    severity=Severity.FAULT,
                    text_ar=f"المفتاح {file} غير موجود.",
                    text_en=f"The key {file} is not there.",
                    remedy_ar="استعد الملف من نسخته، أو صحّح مساره في الإعدادات.",
                    remedy_en="Bring it back from its copy, or correct its path in the settings.",
                )
            )
        elif file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            found.append(
                Finding(
                    check="key",
                    severity=Severity.FAULT,
                    text_ar=f"المفتاح {file} يقرؤه غير صاحبه.",
                    text_en=f"The key {file} can be read by others than its owner.",
                    remedy_ar=f"نفّذ: chmod 600 {file}؛ وإن قرأه أحد فاستبدله.",
                    remedy_en=f"Run: chmod 600 {file}; replace it if somebody may have read it.",
                )
            )
    return found or [
        good_finding(
            "keys", "المفاتيح في أماكنها ولا يقرؤها غير صاحبها", "Every key is there and private"
        )
    ]


def check_expiry(settings: NodeSettings, *, now: datetime) -> list[Finding]:
    """Certificates of the node that have expired or expire within a fortnight."""
    found = []
    for name in sorted({pair.certificate for pair in _pairs(settings)}):
        try:
            certificate = x509.load_pem_x509_certificate(Path(name).read_bytes())
        except (OSError, ValueError):
            found.append(
                Finding(
                    check="certificate",
                    severity=Severity.FAULT,
                    text_ar=f"الشهادة {name} غير موجودة أو لا تُقرأ.",
                    text_en=f"The certificate {name} is not there or cannot be read.",
                    remedy_ar="انضم: taysir node join، أو ركّب الشهادة: taysir keys install",
                    remedy_en="Join (taysir node join), or install it (taysir keys install).",
                )
            )
            continue
        days = (certificate.not_valid_after_utc - now).days
        if days < limits.CERTIFICATE_WARNING_DAYS:
            found.append(
                Finding(
                    check="certificate",
                    severity=Severity.FAULT if days < 0 else Severity.HINT,
                    text_ar=f"الشهادة {name} تنتهي بعد {days} يوما.",
                    text_en=f"The certificate {name} expires in {days} days.",
                    remedy_ar="استبدل المفتاح وشهادته: taysir keys new",
                    remedy_en="Replace the key and its certificate: taysir keys new",
                )
            )
    return found or [
        good_finding("certificates", "لا شهادة تنتهي قريبا.", "No certificate expires soon.")
    ]


def check_room(settings: NodeSettings) -> list[Finding]:
    """Whether the disk has room for the next segments of the journal."""
    folder = Path(settings.folder)
    place = next(p for p in (folder, *folder.parents) if p.exists())
    free_mb = shutil.disk_usage(place).free // limits.MIB
    enough = free_mb >= 2 * settings.segment_bytes // limits.MIB
    return [
        Finding(
            check="disk",
            severity=Severity.GOOD if enough else Severity.FAULT,
            text_ar=f"المساحة الحرة للسجل: {free_mb:,} م.ب",
            text_en=f"Free disk space for the journal: {free_mb:,} MB",
            remedy_ar="" if enough else "أفرغ مساحة؛ حين تنفد ترفض العقدة الطلبات الجديدة.",
            remedy_en="" if enough else "Free some; without it the node refuses new calls.",
        )
    ]


def check_state(settings: NodeSettings) -> list[Finding]:
    """Whether the node carries calls; if it does not run, whether its ports are free."""
    answer = _get(settings.host, settings.admin_port, "/ready")
    if answer is None:
        return [
            Finding(
                check="running",
                severity=Severity.HINT,
                text_ar="العقدة لا تعمل.",
                text_en="The node does not run.",
                remedy_ar="شغّلها: taysir node run",
                remedy_en="Start it: taysir node run",
            ),
            *_used_ports(settings),
        ]
    status, told = answer
    if status == 200:
        return [
            good_finding(
                "running", "العقدة تعمل وتحمل الطلبات.", "The node runs and carries calls."
            )
        ]
    kind = CATALOGUE.get(str(told.get("code", "")))
    if kind is not None:
        return [problem_finding("running", Problem(kind, **_params(told)))]
    return [
        Finding(
            check="running",
            severity=Severity.FAULT,
            text_ar=f"منفذ الإدارة {settings.admin_port} يجيب بالحالة {status}.",
            text_en=f"The admin port {settings.admin_port} answers with status {status}.",
            remedy_ar="اقرأ سجل العقدة؛ وتحقق من أن البرنامج على هذا المنفذ هو العقدة.",
            remedy_en="Read the node's log, and see that it is the node that has this port.",
        )
    ]


def check_authority(settings: NodeSettings) -> list[Finding]:
    """Whether the federation document can be fetched from here."""
    address = urlsplit(settings.federation_url)
    host = address.hostname or ""
    reached = address.scheme != "http" or _get(host, address.port or 80, address.path) is not None
    return [
        good_finding("authority", f"السلطة تجيب: {host}", f"The authority answers: {host}")
        if reached
        else Finding(
            check="authority",
            severity=Severity.FAULT,
            text_ar=f"السلطة {settings.federation_url} لا تجيب.",
            text_en=f"The authority at {settings.federation_url} does not answer.",
            remedy_ar="تحقق من الشبكة والعنوان. تكفي آخر وثيقة إلى أن تنتهي صلاحيتها.",
            remedy_en="Check network and address. The node's last document holds until it expires.",
        )
    ]


def _used_ports(settings: NodeSettings) -> list[Finding]:
    ports = [settings.face_port, settings.admin_port, settings.peer_port]
    ports += [settings.log.port] if settings.log is not None else []
    return [
        Finding(
            check="ports",
            severity=Severity.FAULT,
            text_ar=f"المنفذ {port} على {settings.host} يستعمله برنامج آخر.",
            text_en=f"Port {port} of {settings.host} is used by another program.",
            remedy_ar="أوقف ذلك البرنامج، أو غيّر المنفذ في الإعدادات.",
            remedy_en="Stop that program, or change the port in the settings.",
        )
        for port in ports
        if not _is_free(settings.host, port)
    ]


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _get(host: str, port: int, path: str) -> tuple[int, dict[str, object]] | None:
    """Return status and JSON of an address, or nothing if nobody answers there."""
    connection = HTTPConnection(host, port, timeout=limits.EXAMINATION_TIMEOUT_S)
    try:
        connection.request("GET", path or "/")
        with connection.getresponse() as answer:
            data = answer.read(limits.HTTP_BODY_BYTES)
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    try:
        told = orjson.loads(data)
    except orjson.JSONDecodeError:
        told = {}
    return answer.status, told if isinstance(told, dict) else {}


def _params(told: dict[str, object]) -> dict[str, str | int]:
    """Return the values that fill the words of an error that a node answered."""
    given = told.get("params")
    pairs = given.items() if isinstance(given, dict) else ()
    return {str(name): value for name, value in pairs if isinstance(value, str | int)}


def _pairs(settings: NodeSettings) -> list[KeyPair]:
    """Return every key that the node uses now, with its certificate."""
    face = [settings.face.tls] if settings.face.tls is not None else []
    return [settings.tls, *settings.members.values(), *face]
