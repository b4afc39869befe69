"""Download of one's own documents, and the public page that says whether a document is genuine."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from taysir.transactions.documents.access import content_of, document_of
from taysir.transactions.documents.codes import read_code
from taysir.transactions.documents.verification import verify
from taysir.transactions.identity.access import for_person
from taysir.transactions.identity.models import Person


@require_safe
@for_person
def download(request: HttpRequest, person: Person, document_id: UUID) -> HttpResponse:
    """Hand a person their own sealed document."""
    document = document_of(person.ref, document_id=document_id)
    response = HttpResponse(content_of(document), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{document.file_name}"'
    return response


@require_safe
def ask_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that is printed on a document."""
    typed = request.GET.get("code", "")
    code = read_code(typed) if typed else None
    if code is not None:
        return redirect("documents:verify", code)
    status = 422 if typed else 200
    return render(request, "documents/ask_code.html", {"typed": typed[:64]}, status=status)


@require_safe
def verify_code(request: HttpRequest, code: str) -> HttpResponse:
    """Say what is known of a document, to anyone who holds its code."""
    found = verify(code)
    status = 404 if found is None else 200
    return render(request, "documents/verify.html", {"found": found, "code": code}, status=status)
