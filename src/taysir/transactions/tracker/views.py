"""The page "who read my data"."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from taysir.kernel.log import get_logger
from taysir.transactions.identity.access import for_person
from taysir.transactions.identity.models import Person
from taysir.transactions.tracker.selectors import reads_of

log = get_logger(__name__)


@require_safe
@for_person
def mine(request: HttpRequest, person: Person) -> HttpResponse:
    """Show each question about the person; say so plainly if the journal cannot be read now."""
    try:
        reads, silent = reads_of(person), False
    except OSError as error:
        log.warning("journal_not_readable", error=type(error).__name__)
        reads, silent = [], True
    return render(request, "tracker/mine.html", {"reads": reads, "silent": silent})
