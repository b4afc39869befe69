"""The inbox: the list of messages, and one message."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from taysir.kernel import limits
from taysir.transactions.identity.access import for_person
from taysir.transactions.identity.models import Person
from taysir.transactions.notices.access import inbox_of, message_of
from taysir.transactions.notices.service import mark_read


@require_safe
@for_person
def inbox(request: HttpRequest, person: Person) -> HttpResponse:
    """List a person's messages, newest first."""
    page = Paginator(inbox_of(person.ref), limits.INBOX_PAGE).get_page(request.GET.get("page"))
    return render(request, "notices/inbox.html", {"page": page})


@require_safe
@for_person
def message(request: HttpRequest, person: Person, message_id: UUID) -> HttpResponse:
    """Show one message and note that it was read."""
    found = message_of(person.ref, message_id=message_id)
    mark_read(found)
    return render(request, "notices/message.html", {"message": found})
