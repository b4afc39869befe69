"""Sets a document with Typst as PDF/A-3a: tagged, with fonts and the data as JSON inside.

The template gets exactly one input, ``sys.inputs.data``: a JSON text. Nothing of a case is ever
pasted into markup, so a name that looks like a command is printed as the name it is. Template and
fonts are files; the result depends only on them, the data and the time given.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import segno
import typst

from taysir.kernel.errors import Problem
from taysir.transactions.documents.errors import TRX_DOCUMENT_TEMPLATE

FONTS = Path(__file__).parent / "fonts"

STANDARD: Final = "a-3a"


def set_pdf(template: Path, *, data: Mapping[str, Any], at: datetime) -> bytes:
    """Return the set document; raises TRX-0602 naming the template and the line."""
    text = msgspec.json.encode(data).decode()
    moment = at.astimezone(UTC).replace(microsecond=0)
    try:
        pdf = typst.compile(
            template,
            root=template.parent,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": text},
            pdf_standards=[STANDARD],
            timestamp=moment,
        )
    except typst.TypstError as error:
        raise Problem(
            TRX_DOCUMENT_TEMPLATE, file=template.name, finding=str(error.message)[:200]
        ) from error
    assert isinstance(pdf, bytes)
    return pdf


def qr_svg(address: str) -> str:
    """Return a QR code with medium error correction as SVG, without a quiet zone."""
    buffer = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        buffer, kind="svg", xmldecl=False, border=0, dark="#000", light=None
    )
    return buffer.getvalue().decode("ascii")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
