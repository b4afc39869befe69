"""What every page knows of the person: the name in the header, the inbox, the way out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from taysir.transactions.identity.access import person_of
from taysir.transactions.notices.access import unread_count
from taysir.ui.texts import current_language, mark, translate

_ITEMS = (
    (mark("الخدمات"), "/"),
    (mark("معاملاتي"), "/cases/"),
    (mark("رسائلي"), "/inbox/"),
    (mark("من اطلع على بياناتي"), "/my-data/"),
)


def account(request: HttpRequest) -> dict[str, Any]:
    """Return ``account`` and ``navigation`` for the base page; nothing for strangers."""
    if not hasattr(request, "user"):
        return {}
    person = person_of(request)
    if person is None:
        return {"account": None, "sign_in_url": "/sign-in/"}
    return {
        "account": {
            "name": person.name(current_language()),
            "sign_out_url": reverse("identity:sign-out"),
            "inbox_url": "/inbox/",
            "unread": unread_count(person.ref),
        },
        "navigation": [
            {
                "text": translate(text),
                "href": href,
                "current": request.path == href,
                "beside": href == "/inbox/",
            }
            for text, href in _ITEMS
        ],
    }
