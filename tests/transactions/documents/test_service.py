"""A document is set, sealed, recorded once, verifiable, and withdrawn at most once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test.utils import override_settings

from taysir.kernel.errors import Problem
from taysir.transactions.documents import access, registry, service
from taysir.transactions.documents.base import DocumentsConfig
from taysir.transactions.documents.contrib.pades import PadesSealer
from taysir.transactions.documents.description import load_description, render_values
from taysir.transactions.documents.typesetting import set_pdf
from taysir.transactions.documents.verification import (
    DocumentState,
    FileMatch,
    compare,
    verify,
)

from .conftest import make_seal

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

DESCRIPTION = """
title: {ar: شهادة, en: Certificate}
issuer: {ar: جهة, en: Agency}
values:
  holder: {type: name, ar: person.name_ar, en: person.name_en}
  until: {type: date, fact: term.until}
  fee: {type: money, fact: term.fee_minor, optional: true}
  limits: {type: codes, fact: term.limits, optional: true, labels: {g: {ar: نظارة, en: glasses}}}
public:
  - {value: holder, label: {ar: الاسم, en: Name}}
  - {value: limits, label: {ar: القيود, en: Limits}}
"""

TEMPLATE = """
#let d = json(bytes(sys.inputs.data))
#set document(title: d.title.ar)
#set text(lang: "ar", font: "IBM Plex Sans Arabic")
#pdf.attach("data.json", bytes(json.encode(d.attachment)), relationship: "data",
  mime-type: "application/json", description: "data")
#d.values.holder.ar #d.code
"""

DATA: dict[str, Any] = {
    "person": {"name_ar": {"first": "سارة", "family": '#panic("x")'}, "name_en": "Sara"},
    "term.until": date(2031, 7, 1),
    "secret": "never printed",
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "certificate.typ"
    file.write_text(TEMPLATE, "utf-8")
    file.with_suffix(".yaml").write_text(DESCRIPTION, "utf-8")
    return file


@pytest.fixture
def installation(seal: DocumentsConfig, database: None) -> Iterator[DocumentsConfig]:
    with override_settings(TAYSIR_DOCUMENTS=seal):
        yield seal


def issue(template: Path, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "kind": "certificate",
        "template": template,
        "case_number": "TRF-2026-000001-1",
        "holder_ref": "p1",
        "data": DATA,
        "issued_at": AT,
    }
    return service.issue(**arguments | changes)


def test_an_issued_document_verifies(installation: DocumentsConfig, template: Path) -> None:
    """The code leads to a valid document that says only what is public."""
    document = issue(template)

    found = verify(document.code.lower())

    assert found is not None
    assert (found.state, found.seal.valid) == (DocumentState.VALID, True)
    assert "Traffic Directorate seal" in found.seal.sealed_by
    assert [row["value"]["en"] for row in document.public_rows] == ["Sara"]
    assert compare(document, content=access.content_of(document)) is FileMatch.SAME


def test_issuing_again_returns_the_same_document(
    installation: DocumentsConfig, template: Path
) -> None:
    """One of a kind a case."""
    assert issue(template).pk == issue(template, issued_at=datetime.now(UTC)).pk


def test_a_changed_byte_breaks_the_seal(installation: DocumentsConfig, template: Path) -> None:
    """Tampering with the stored file is seen by the store, the seal and a comparison."""
    document = issue(template)
    content = bytearray(access.content_of(document))
    content[len(content) // 3] ^= 1
    sealer = registry.sealer()
    (file,) = installation.folder.rglob("*.pdf")
    file.write_bytes(content)

    found = verify(document.code)

    assert found is not None
    assert found.state is DocumentState.BROKEN
    assert not sealer.check(bytes(content)).valid
    assert compare(document, content=bytes(content)) is FileMatch.ALTERED
    with pytest.raises(Problem, match="TRX-0606"):
        access.content_of(document)


def test_a_strangers_seal_is_not_trusted(seal: DocumentsConfig, tmp_path: Path) -> None:
    """An intact seal of another authority does not make a document valid."""
    plain = tmp_path / "plain.typ"
    plain.write_text("#set document(title: [x])\nx", "utf-8")
    stranger = PadesSealer(make_seal(tmp_path / "stranger"))
    content = stranger.seal(set_pdf(plain, data={}, at=AT), reason="copied")

    report = PadesSealer(seal).check(content)

    assert (report.intact, report.trusted) == (True, False)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"not a pdf" * 100])
def test_what_is_no_sealed_pdf_is_not_intact(seal: DocumentsConfig, content: bytes) -> None:
    """Rubbish is answered, not raised."""
    assert not PadesSealer(seal).check(content).intact


def test_a_withdrawn_document_says_so(installation: DocumentsConfig, template: Path) -> None:
    """The first withdrawal stands."""
    document = issue(template)
    service.revoke(document.pk, reason_ar="أ", reason_en="a", at=AT)
    again = service.revoke(document.pk, reason_ar="ب", reason_en="b", at=AT)

    found = verify(document.code)

    assert found is not None
    assert found.state is DocumentState.REVOKED
    assert again.revoked_reason_en == "a"
    with pytest.raises(Problem, match="TRX-0605"):
        service.revoke(uuid4(), reason_ar="", reason_en="", at=AT)


@pytest.mark.parametrize("code", ["", "0" * 25, "0" * 24, "u" * 25, "%00", "ا" * 25])
def test_an_unknown_code_has_no_answer(installation: DocumentsConfig, code: str) -> None:
    """A code that was never issued gives nothing away."""
    assert verify(code) is None


def test_a_missing_value_is_the_authors(installation: DocumentsConfig, template: Path) -> None:
    """The error names the value, and nothing is recorded."""
    with pytest.raises(Problem, match="TRX-0604"):
        issue(template, data={"person": DATA["person"]})


def test_a_broken_template_is_the_authors(installation: DocumentsConfig, template: Path) -> None:
    """The error names the template."""
    template.write_text("#nothing-of-this-name", "utf-8")

    with pytest.raises(Problem, match="TRX-0602"):
        issue(template)


@pytest.mark.parametrize("text", ["title: 5", "{", "title: {ar: أ, en: a}", DESCRIPTION + "x: 1"])
def test_a_broken_description_is_the_authors(
    installation: DocumentsConfig, template: Path, text: str
) -> None:
    """The error names the file."""
    template.with_suffix(".yaml").write_text(text, "utf-8")

    with pytest.raises(Problem, match="TRX-0601"):
        issue(template)


def test_a_missing_key_is_the_operators(
    installation: DocumentsConfig, template: Path, tmp_path: Path
) -> None:
    """Without its key the agency cannot seal, and nothing is recorded."""
    broken = replace(installation, seal_key=tmp_path / "nowhere.pem")
    with override_settings(TAYSIR_DOCUMENTS=broken), pytest.raises(Problem, match="TRX-0603"):
        issue(template)


def test_somebody_elses_document_is_not_found(
    installation: DocumentsConfig, template: Path
) -> None:
    """Access goes by holder."""
    document = issue(template)

    assert access.document_of("p1", document_id=document.pk) == document
    with pytest.raises(Problem, match="TRX-0605"):
        access.document_of("p2", document_id=document.pk)


def test_an_amount_is_written_in_dinars(template: Path) -> None:
    description = load_description(template.with_suffix(".yaml"))
    written = render_values(description, {**DATA, "term.fee_minor": 119_150})["fee"]
    assert (written.ar, written.en) == ("1,191.50 دينار", "1,191.50 dinars")
    assert written.raw == 119_150
    assert render_values(description, DATA)["fee"].raw is None
