"""The pages of a case. Each view reads its person and case through access, and stays thin."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taysir.engine.definition import Pack, Role
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.transactions.cases import selectors
from taysir.transactions.cases.access import case_of, cases_of
from taysir.transactions.cases.advancing import advance_quietly
from taysir.transactions.cases.errors import TRX_FACT_NOT_DISPUTABLE, TRX_PAGE_NOT_FOUND
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.objecting import case_object, objection_ends, objection_to
from taysir.transactions.cases.services import (
    case_answer,
    case_dispute_value,
    case_fetch,
    case_start,
    case_submit,
    case_withdraw,
)
from taysir.transactions.catalogue.packs import offer_with
from taysir.transactions.documents.access import documents_of
from taysir.transactions.identity.access import for_person, kept_input
from taysir.transactions.identity.models import Person
from taysir.transactions.payments.service import refresh
from taysir.ui.texts import current_language, mark, translate

_NO_STATEMENT = mark("اكتب لماذا تعترض على القرار.")


def _pack(case: Case) -> Pack:
    return offer_with(case.pack_hash).pack


@require_safe
@for_person
def start(request: HttpRequest, person: Person, code: str) -> HttpResponse:
    """Open the person's draft of a service and go to its first page."""
    case = case_start(person, service_code=code)
    page = selectors.page_after(case, _pack(case)) or selectors.own_pages(case, _pack(case))[0]
    return redirect("cases:page", case.number, page.id)


@require_safe
@for_person
def mine(request: HttpRequest, person: Person) -> HttpResponse:
    """List the person's cases."""
    pages = Paginator(cases_of(person), limits.CASES_LISTED)
    shown = pages.get_page(request.GET.get("page"))
    language = current_language()
    rows = [
        {
            "case": item,
            "title": _pack(item).service.title,
            "stage": selectors.stage_title(item, _pack(item), language=language),
        }
        for item in shown
    ]
    return render(request, "cases/mine.html", {"rows": rows, "page": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def page(request: HttpRequest, person: Person, number: str, page_id: str) -> HttpResponse:
    """Show one page of the application, or take its answers and go on."""
    case = case_of(person, number=number)
    if not selectors.standing(case, _pack(case)).awaits_person:
        return redirect("cases:case", number)
    if request.method != "POST":
        context = _page_context(case, page_id, kept=kept_input(request))
        return render(request, "cases/page.html", context)
    raw = {name: str(value) for name, value in request.POST.items()}
    shown, answers = case_answer(case, page_id, raw=raw, language=current_language())
    if not answers.ok:
        context = _page_context(case, page_id, raw=raw, errors=dict(answers.summary))
        return render(request, "cases/page.html", context, status=422)
    case = case_fetch(case, person=person, unasked_only=True)
    following = selectors.page_after(case, _pack(case), page_id=shown.id)
    if following is not None:
        return redirect("cases:page", number, following.id)
    return redirect("cases:review", number)


def _page_context(
    case: Case,
    page_id: str,
    *,
    raw: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    kept: dict[str, str] | None = None,
) -> dict[str, Any]:
    pack, language = _pack(case), current_language()
    shown = pack.page(page_id)
    if shown is None or shown.by is not Role.APPLICANT:
        raise Problem(TRX_PAGE_NOT_FOUND)
    written = raw if raw is not None else kept or None
    return {
        "case": case,
        "service": pack.service,
        "page": shown,
        "rows": selectors.preview_rows(case, pack, shown.preview, language=language, editable=True),
        "missing": selectors.missing_evidence(case, pack, language=language),
        "concerns": selectors.forecast(case, pack).concerns,
        "fields": selectors.question_fields(case, shown, pack, raw=written, language=language),
        "errors": errors or {},
        "kept": kept or {},
    }


@require_safe
@for_person
def review(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Show everything once more before it is sent."""
    case = case_of(person, number=number)
    pack, language = _pack(case), current_language()
    if not selectors.standing(case, pack).awaits_person:
        return redirect("cases:case", number)
    incomplete = selectors.page_after(case, pack)
    if incomplete is not None:
        return redirect("cases:page", number, incomplete.id)
    context = {
        "case": case,
        "service": pack.service,
        "rows": selectors.review_rows(case, pack, language=language),
        "fees": selectors.fee_rows(selectors.forecast(case, pack), language=language),
        "back": selectors.own_pages(case, pack)[-1].id,
    }
    return render(request, "cases/review.html", context)


@require_POST
@for_person
def submit(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Send the application and show what came of it."""
    case = case_submit(case_of(person, number=number), person=person)
    advance_quietly(case.pk)
    return redirect("cases:case", number)


@require_safe
@for_person
def case(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Show where a case is, why, and what the person can do."""
    found = case_of(person, number=number)
    pack, language = _pack(found), current_language()
    standing = selectors.standing(found, pack)
    following = selectors.page_after(found, pack) if standing.awaits_person else None
    context = {
        "case": found,
        "service": pack.service,
        "next_page": following.id if following else "",
        "stage": selectors.stage_title(found, pack, language=language),
        "standing": standing,
        "decision": found.decision,
        "objected": objection_to(found),
        "objection_ends": objection_ends(found),
        "timeline_items": selectors.timeline_items(found, pack, language=language),
        "promised": selectors.promised(found, pack),
        "bill": selectors.bill_of(found),
        "documents": documents_of(person.ref, case_number=number),
        "facts": selectors.preview_rows(
            found, pack, pack.facts.values(), language=language, editable=False
        ),
    }
    return render(request, "cases/case.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def dispute(request: HttpRequest, person: Person, number: str, fact: str) -> HttpResponse:
    """Let the person say that a fetched value is wrong."""
    found = case_of(person, number=number)
    pack, language = _pack(found), current_language()
    known = pack.facts.get(fact)
    if known is None:
        raise Problem(TRX_FACT_NOT_DISPUTABLE)
    if request.method == "POST":
        statement = request.POST.get("statement", "").strip()[: limits.DISPUTE_CHARACTERS]
        case_dispute_value(found, fact, statement=statement)
        return redirect("cases:page", number, pack.pages[0].id)
    rows = selectors.preview_rows(found, pack, [known], language=language, editable=False)
    context = {
        "case": found,
        "fact": known,
        "rows": rows,
        "back": pack.pages[0].id,
        "kept": kept_input(request),
    }
    return render(request, "cases/dispute.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def withdraw(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Ask once more, then withdraw."""
    found = case_of(person, number=number)
    if request.method == "POST":
        case_withdraw(found, person=person)
        return redirect("cases:case", number)
    context = {"case": found, "service": _pack(found).service}
    return render(request, "cases/withdraw.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def objection(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Let the person object to a refusal, in their own words."""
    found = case_of(person, number=number)
    statement = request.POST.get("statement", "").strip()[: limits.OBJECTION_CHARACTERS]
    if request.method == "POST" and statement:
        case_object(found, statement=statement)
        return redirect("cases:objection", number)
    empty = {"statement": translate(_NO_STATEMENT)} if request.method == "POST" else {}
    context = {
        "case": found,
        "service": _pack(found).service,
        "made": objection_to(found),
        "ends": objection_ends(found),
        "errors": empty,
        "kept": kept_input(request),
    }
    return render(request, "cases/objection.html", context, status=422 if empty else 200)


@require_safe
@for_person
def pay(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Send the browser to the treasury to pay the bill of a case."""
    found = case_of(person, number=number)
    bill = selectors.bill_of(found)
    if bill is None or bill.is_paid:
        return redirect("cases:case", number)
    return redirect(settings.TAYSIR_PORTAL.pay_url.format(number=bill.number))


@require_safe
@for_person
def paid(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Come back from the treasury: ask it, never believe the address, and go on."""
    found = case_of(person, number=number)
    bill = selectors.bill_of(found)
    if bill is not None and not bill.is_paid:
        refresh(bill.number)
        advance_quietly(found.pk)
    return redirect("cases:case", number)
