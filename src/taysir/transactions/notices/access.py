"""The only way from a person to messages."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from taysir.kernel.errors import Problem
from taysir.transactions.notices.errors import TRX_NOTICE_NOT_FOUND
from taysir.transactions.notices.models import Message


def inbox_of(person_ref: str) -> QuerySet[Message]:
    """Return one's own messages, newest first."""
    return Message.objects.filter(person_ref=person_ref)


def message_of(person_ref: str, *, message_id: UUID) -> Message:
    """Return one's own message; TRX-0803 also if it is somebody else's."""
    message = inbox_of(person_ref).filter(pk=message_id).first()
    if message is None:
        raise Problem(TRX_NOTICE_NOT_FOUND)
    return message


def unread_count(person_ref: str) -> int:
    """Return how many of one's messages were not opened."""
    return inbox_of(person_ref).filter(read_at=None).count()
