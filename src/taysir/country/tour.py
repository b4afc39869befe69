"""Carries real cases through the running country, as a person would, and proves each step.

Three renewals: one granted, one refused, one while a registry is down. Then the evidence of one
exchange is packaged, verified offline, changed by one byte, and the change must be found. Each step
tells what it took and what proves it; the tour holds only if every step does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import orjson

from taysir.country.bootstrap import PERSONA_PASSWORD
from taysir.country.layout import HOST, CountryLayout
from taysir.country.personas import PERSONAS, Persona
from taysir.country.trust import authority_certificate, member_id
from taysir.country.visitor import Page, Visitor
from taysir.exchange.client import ExchangeClient, Read
from taysir.exchange.keyfiles import certificate_der
from taysir.exchange.verifier import Report, verify_package
from taysir.kernel.errors import Problem

SERVICE: Final = "licence-renewal"
_PATIENCE_S: Final = 30.0


class TourFailed(AssertionError):
    """Something that the tour relies on was not so."""


@dataclass(slots=True)
class Step:
    """One step: what was done, how long it took, and what proves it."""

    name: str
    ok: bool = False
    elapsed_ms: float = 0.0
    proof: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the step for programs."""
        return {
            "name": self.name,
            "ok": self.ok,
            "elapsed_ms": round(self.elapsed_ms, 1),
            "proof": self.proof,
        }


@dataclass(slots=True)
class Tour:
    """One tour through a running country."""

    layout: CountryLayout
    evidence: Path
    on_step: Callable[[Step], None]
    _node: ExchangeClient = field(init=False)
    steps: list[Step] = field(default_factory=list)

    def run(self) -> bool:
        """Take every step; a step that fails ends the tour."""
        with self._client() as node:
            self._node = node
            return self._take_steps()

    def _take_steps(self) -> bool:
        for name, take in (
            ("a renewal is granted", self._granted),
            ("a renewal is refused, with its article", self._refused),
            ("a registry is down and nothing is lost", self._registry_down),
            ("the figures of the programme follow", self._programme),
            ("the evidence is verified offline", self._evidence),
            ("one changed byte is found", self._tampered),
        ):
            step = Step(name)
            self.steps.append(step)
            started = time.perf_counter()
            try:
                step.proof = take()
                step.ok = True
            except (TourFailed, LookupError, OSError, Problem) as error:
                step.proof = {"failed": str(error)}
            step.elapsed_ms = (time.perf_counter() - started) * 1000
            self.on_step(step)
            if not step.ok:
                return False
        return True

    # --- the three renewals ------------------------------------------------------------------

    def _granted(self) -> dict[str, Any]:
        person = self._persona("granted")
        visitor, number = self._apply(person)
        page = visitor.open(self._case(number))
        _must(page.text, "TRF-", "the case page shows its number")
        self._pay(visitor, number)
        page = self._until(visitor, number, "/documents/")
        document = visitor.open(page.link("/documents/"))
        _require(document.body.startswith(b"%PDF-"), "the licence is a PDF")
        return {"case": number, "pdf_bytes": len(document.body), **self._asked(person, number)}

    def _refused(self) -> dict[str, Any]:
        person = self._persona("unpaid-fine")
        visitor, number = self._apply(person)
        page = visitor.open(self._case(number))
        _must(page.text, "المادة 14", "the refusal names its article")
        _must(page.text, "الاعتراض", "the refusal says how to object")
        return {"case": number, "article": "traffic-14", **self._asked(person, number)}

    def _registry_down(self) -> dict[str, Any]:
        person = self._persona("two-categories")
        self._control("registries/HLT/fitness/stop")
        try:
            visitor, number = self._apply(person)
            page = visitor.open(self._case(number))
            _require("/pay" not in str(page.links), "the case waits while the registry is down")
        finally:
            self._control("registries/HLT/fitness/start")
        waited = time.perf_counter()
        self._until(visitor, number, "/pay")
        waited_ms = round((time.perf_counter() - waited) * 1000)
        return {"case": number, "completed_after_ms": waited_ms, **self._asked(person, number)}

    def _apply(self, person: Persona) -> tuple[Visitor, str]:
        """Apply as a person would and return the visit with the case's number."""
        visitor = Visitor()
        page = visitor.open(self._portal(f"services/{SERVICE}/start"))
        page = visitor.submit(
            page,
            page.form(field_name="password"),
            national_id=person.national_id,
            password=PERSONA_PASSWORD,
            action="sign-in",
        )
        _require(page.status == 200, f"signed in, status {page.status} at {page.url}")
        number = page.url.split("/cases/")[1].split("/")[0]
        form = page.form(field_name="renewal.years")
        page = visitor.submit(page, form, **{"renewal.years": form.choices["renewal.years"][0]})
        page = visitor.submit(page, page.form(action="/submit"))
        _require(page.status == 200, f"sent, status {page.status} at {page.url}")
        return visitor, number

    def _pay(self, visitor: Visitor, number: str) -> None:
        page = visitor.open(visitor.open(self._case(number)).link("/pay"))
        page = visitor.submit(page, page.form(field_name="outcome"), outcome="paid")
        _require(page.status == 200, f"came back from the treasury, status {page.status}")

    def _until(self, visitor: Visitor, number: str, part: str) -> Page:
        """Look at the case until a link appears; raises TourFailed when patience ends."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            page = visitor.open(self._case(number))
            if any(part in address for address, _text in page.links):
                return page
            time.sleep(0.2)
        raise TourFailed(f"no …{part}… on the case within {_PATIENCE_S:.0f} s")

    # --- figures and evidence ----------------------------------------------------------------

    def _programme(self) -> dict[str, Any]:
        """Wait until the decided cases are in the programme's figures."""
        visitor = Visitor()
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            page = visitor.open(self.layout.url(self.layout.programme_port) + "/measures.json")
            figures = orjson.loads(page.body)
            if page.status == 200 and _counted(figures):
                return {"measures": page.url, "figures": _shares(figures)}
            time.sleep(0.2)
        raise TourFailed("the programme has no figures")

    def _evidence(self) -> dict[str, Any]:
        person = self._persona("granted", anew=False)
        read = next(r for r in self._reads(person) if r.service.member == "CIV")
        package, report = self._vouched(read.exchange_id)
        self.evidence.parent.mkdir(parents=True, exist_ok=True)
        self.evidence.write_bytes(package)
        _require(report.valid, f"the evidence holds: {_findings(report)}")
        _require(report.state == "stamped", f"third parties vouch for it: {report.pending}")
        held = [step.title["en"] for step in report.steps]
        return {"file": str(self.evidence), "bytes": len(package), "steps": held}

    def _vouched(self, exchange_id: str) -> tuple[bytes, Report]:
        """Return an exchange's package, once third parties vouch for it or patience ends."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            package = self._node.evidence(exchange_id)
            report = verify_package(package, anchor=self._anchor())
            if report.state == "stamped" or not report.valid or time.monotonic() >= deadline:
                return package, report
            time.sleep(0.5)

    def _tampered(self) -> dict[str, Any]:
        package = bytearray(self.evidence.read_bytes())
        place = len(package) // 2
        package[place] ^= 0x01
        report = verify_package(bytes(package), anchor=self._anchor())
        _require(not report.valid, f"the change of byte {place} is found")
        return {"changed_byte": place, "found": _findings(report)}

    def _anchor(self) -> bytes:
        return certificate_der(authority_certificate(self.layout).read_bytes())

    # --- proof -------------------------------------------------------------------------------

    def _asked(self, person: Persona, number: str) -> dict[str, Any]:
        """Return who asked whom for this case, under which agreement, signed and journalled."""
        rows = []
        for read in self._reads(person):
            record = self._node.exchange(read.exchange_id)
            if read.issue != number or read.direction != "sent" or record is None:
                continue
            _require(record.request_signed, f"the request of {read.exchange_id} is signed")
            rows.append(
                {
                    "exchange": read.exchange_id,
                    "asked_by": str(read.consumer),
                    "asked_of": str(read.service),
                    "agreement": read.agreement,
                    "outcome": read.outcome,
                    "answer_signed": record.response_signed,
                    "journal_position": record.position,
                }
            )
        _require(bool(rows), f"the journal holds the questions of {number}")
        return {"exchanges": rows}

    def _reads(self, person: Persona) -> list[Read]:
        return self._node.reads_about(person.national_id, limit=100)

    def _client(self) -> ExchangeClient:
        return ExchangeClient(
            face_url=self.layout.url(self.layout.face_port("trf")),
            admin_url=self.layout.url(self.layout.admin_port("trf")),
            client=member_id("TRF").subsystem("portal"),
        )

    # --- places ------------------------------------------------------------------------------

    def _portal(self, path: str) -> str:
        return f"{self.layout.url(self.layout.portal_port)}/{path}"

    def _case(self, number: str) -> str:
        return self._portal(f"cases/{number}/")

    def _persona(self, code: str, *, anew: bool = True) -> Persona:
        """Return a persona whose story begins again, so that the tour can be repeated."""
        persona = next(p for p in PERSONAS if p.code == code)
        if anew:
            self._control("events/story-begins-again", national_id=persona.national_id)
        return persona

    def _control(self, path: str, **values: str) -> None:
        connection = HTTPConnection(HOST, self.layout.control_port, timeout=10)
        try:
            connection.request(
                "POST",
                f"/{path}",
                body=orjson.dumps(values),
                headers={"Content-Type": "application/json"},
            )
            with connection.getresponse() as answer:
                status = answer.status
        finally:
            connection.close()
        _require(status == 200, f"the control port takes {path}, status {status}")


def _findings(report: Report) -> list[str]:
    """Return what does not hold, with the files concerned."""
    return [f"{f.file}: {f.text['en']}" for step in report.steps for f in step.findings]


def _counted(figures: Any) -> bool:
    return bool(_shares(figures))


def _shares(figures: Any) -> dict[str, Any]:
    """Return each figure's numerator and denominator by its key, where there is one."""
    rows = figures.get("figures", []) if isinstance(figures, dict) else []
    return {
        str(row["key"]): [row["numerator"], row["denominator"]]
        for row in rows
        if row.get("denominator")
    }


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise TourFailed(f"not so: {what}")


def _must(text: str, part: str, what: str) -> None:
    _require(part in text, what)
