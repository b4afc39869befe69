"""What ``taysir doctor`` looks at, from the environment to the certificates.

Each check returns findings; a finding that is a fault names its remedy. Nothing is changed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509

from taysir.country import folder, processes, running
from taysir.country.layout import CountryLayout
from taysir.kernel import limits
from taysir.kernel.errors import Problem

EARLIEST_CLOCK: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No release of Taysir is older; a clock before it was never set."""

OPTIONAL_PROGRAMS: Final = {
    "chromium": ("browser tests", "اختبارات المتصفح"),
    "nginx": ("the limit in bench exchange", "المقارنة في bench exchange"),
    "pdfsig": ("checking seals with another tool", "فحص الأختام بأداة أخرى"),
}


class Severity(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    HINT = "hint"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    severity: Severity
    text_ar: str
    text_en: str
    remedy_ar: str = ""
    remedy_en: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the finding for programs."""
        return {
            "check": self.check,
            "severity": self.severity.value,
            "text": self.text_en,
            "text_ar": self.text_ar,
            "remedy": self.remedy_en,
            "remedy_ar": self.remedy_ar,
        }


def examine(layout: CountryLayout, *, now: datetime) -> list[Finding]:
    """Run every check in the order in which a person would mend the findings."""
    return [
        *check_environment(),
        *check_clock(now),
        *check_disk(layout),
        *check_folder(layout),
        *check_ports(layout),
        *check_processes(layout),
        *check_certificates(layout, now=now),
    ]


def check_environment() -> list[Finding]:
    """Python and the programs that some commands use."""
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    found = [
        Finding(
            check="python",
            severity=Severity.GOOD if good else Severity.FAULT,
            text_ar=f"بايثون {version}",
            text_en=f"Python {version}",
            remedy_ar="" if good else "ثبّت بايثون 3.11 أو أحدث.",
            remedy_en="" if good else "Install Python 3.11 or newer.",
        )
    ]
    for program, (use_en, use_ar) in OPTIONAL_PROGRAMS.items():
        if shutil.which(program) is None:
            found.append(
                Finding(
                    check=f"program-{program}",
                    severity=Severity.HINT,
                    text_ar=f"البرنامج {program} غير موجود؛ يلزم لـ: {use_ar}.",
                    text_en=f"{program} is not installed; it is needed for {use_en}.",
                    remedy_ar="ثبّته من حزم نظامك إن احتجت إليه.",
                    remedy_en="Install it from your system's packages if you need that.",
                )
            )
    if importlib.util.find_spec("uvloop") is None:
        found.append(
            Finding(
                check="uvloop",
                severity=Severity.FAULT,
                text_ar="حزمة uvloop غير موجودة في البيئة.",
                text_en="The package uvloop is missing from the environment.",
                remedy_ar="احذف المجلد ‎.venv ونفّذ ‎./taysir مرة أخرى.",
                remedy_en="Delete the folder .venv and run ./taysir again.",
            )
        )
    return found


def check_clock(now: datetime) -> list[Finding]:
    """A clock that was never set: signed statements are refused when clocks differ."""
    good = now > EARLIEST_CLOCK
    return [
        Finding(
            check="clock",
            severity=Severity.GOOD if good else Severity.FAULT,
            text_ar=f"الساعة: {now:%Y-%m-%d %H:%M:%S} بالتوقيت العالمي",
            text_en=f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC",
            remedy_ar="" if good else "اضبط ساعة الجهاز وشغّل مزامنة الوقت.",
            remedy_en="" if good else "Set the machine's clock and turn time synchronisation on.",
        )
    ]


def check_disk(layout: CountryLayout) -> list[Finding]:
    """Free space, and whether the folder may be written."""
    place = next(p for p in (layout.root, *layout.root.parents) if p.exists())
    free_mb = shutil.disk_usage(place).free // limits.MIB
    enough = free_mb >= limits.COUNTRY_FREE_DISK_BYTES // limits.MIB
    writable = os.access(place, os.W_OK)
    return [
        Finding(
            check="disk",
            severity=Severity.GOOD if enough and writable else Severity.FAULT,
            text_ar=f"المساحة الحرة: {free_mb:,} م.ب"
            + ("" if writable else "؛ المجلد غير قابل للكتابة"),
            text_en=f"Free disk space: {free_mb:,} MB"
            + ("" if writable else "; the folder is read-only"),
            remedy_ar="" if enough and writable else "أفرغ مساحة أو اختر مجلدا آخر بالخيار ‎--data.",
            remedy_en=""
            if enough and writable
            else "Free some space, or choose another --data folder.",
        )
    ]


def check_folder(layout: CountryLayout) -> list[Finding]:
    """Whether the country's folder is complete, half made, or somebody else's."""
    try:
        folder.refuse_foreign_folder(layout)
        manifest = folder.read_manifest(layout)
    except Problem as problem:
        return [problem_finding("folder", problem)]
    if manifest is not None:
        population = manifest["population"]
        return [
            good_finding(
                "folder",
                f"مجلد البيانات كامل: {population:,} نسمة",
                f"The data folder is complete: {population:,} persons",
            )
        ]
    if layout.unfinished.exists():
        return [
            Finding(
                check="folder",
                severity=Severity.HINT,
                text_ar="إنشاء مجلد البيانات انقطع قبل أن يكتمل.",
                text_en="Making the data folder was cut off before it was complete.",
                remedy_ar="نفّذ ‎./taysir up؛ يعاد الإنشاء من البداية ولا يضيع شيء.",
                remedy_en="Run ./taysir up; it is made anew and nothing is lost.",
            )
        ]
    return [good_finding("folder", "لا يوجد مجلد بيانات بعد.", "There is no data folder yet.")]


def check_ports(layout: CountryLayout) -> list[Finding]:
    """Whether the country's ports are free, unless it is the country that listens on them."""
    if running.is_running(layout.root):
        return [
            good_finding(
                "ports",
                "المنافذ تستعملها الدولة النموذجية.",
                "The ports are used by the running country.",
            )
        ]
    try:
        folder.refuse_used_ports(layout)
    except Problem as problem:
        return [problem_finding("ports", problem)]
    last = layout.every_port()[-1]
    return [
        good_finding(
            "ports",
            f"المنافذ {layout.base_port}–{last} حرة.",
            f"Ports {layout.base_port}–{last} are free.",
        )
    ]


def check_processes(layout: CountryLayout) -> list[Finding]:
    """Whether every process of a running country answers."""
    if not running.is_running(layout.root):
        return []
    country = running.find(layout.root)
    findings = []
    for name, url in processes.health_urls(country.layout).items():
        if running.answers(url):
            findings.append(
                good_finding(f"process-{name}", f"العملية {name} تعمل.", f"{name} answers.")
            )
        else:
            log = country.layout.log(name)
            findings.append(
                Finding(
                    check=f"process-{name}",
                    severity=Severity.FAULT,
                    text_ar=f"العملية {name} لا تجيب.",
                    text_en=f"{name} does not answer.",
                    remedy_ar=f"اقرأ آخر أسطر {log}؛ المشرف يعيد تشغيلها.",
                    remedy_en=f"Read the last lines of {log}; the supervisor restarts it.",
                )
            )
    return findings


def check_certificates(layout: CountryLayout, *, now: datetime) -> list[Finding]:
    """Certificates that have expired or expire within a fortnight."""
    findings = []
    for file in sorted(layout.root.rglob("*.pem")):
        if "BEGIN CERTIFICATE" not in _head(file):
            continue
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        days = (certificate.not_valid_after_utc - now).days
        if days < limits.CERTIFICATE_WARNING_DAYS:
            name = str(file.relative_to(layout.root))
            findings.append(
                Finding(
                    check="certificate",
                    severity=Severity.FAULT if days < 0 else Severity.HINT,
                    text_ar=f"الشهادة {name} تنتهي بعد {days} يوما.",
                    text_en=f"The certificate {name} expires in {days} days.",
                    remedy_ar="أعد الإنشاء بالخيار ‎--reset، أو جدد الشهادة.",
                    remedy_en="Make the country anew with --reset, or renew it.",
                )
            )
    return findings or [
        good_finding("certificates", "لا شهادة تنتهي قريبا.", "No certificate expires soon.")
    ]


def _head(file: Path) -> str:
    with file.open("r", encoding="ascii", errors="replace") as handle:
        return handle.read(64)


def good_finding(check: str, arabic: str, english: str) -> Finding:
    """Return what was looked at and is well."""
    return Finding(check=check, severity=Severity.GOOD, text_ar=arabic, text_en=english)


def problem_finding(check: str, problem: Problem) -> Finding:
    """Return an error of the family as a fault with its remedy."""
    return Finding(
        check=check,
        severity=Severity.FAULT,
        text_ar=problem.title("ar"),
        text_en=problem.title("en"),
        remedy_ar=problem.remedy("ar"),
        remedy_en=problem.remedy("en"),
    )
