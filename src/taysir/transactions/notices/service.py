"""Sends messages and marks them read; the only writer of this app.

``send`` is idempotent: the same template with the same values about the same case is one message,
however often a repeated task sends it. Channels hear of it after the commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from taysir.kernel.log import get_logger
from taysir.transactions.notices import registry
from taysir.transactions.notices.models import Message
from taysir.transactions.notices.templates import Filled, fill

log = get_logger(__name__)


def send(
    *,
    person_ref: str,
    case_number: str,
    template: str,
    values: Mapping[str, Any],
    now: datetime | None = None,
) -> Message:
    """Put a message into a person's inbox, or return the one that is already there.

    Args:
        person_ref: whose inbox.
        case_number: what it is about.
        template: a name in ``messages.toml``.
        values: what fills the template; each a text, or ``{"ar": …, "en": …}``.
        now: the time of sending, by default the clock's.

    Raises:
        Problem: TRX-0801 for an unknown template, TRX-0802 for a missing value.
    """
    filled = fill(template, case_number=case_number, values=values)
    key = {
        "person_ref": person_ref,
        "case_number": case_number,
        "template": template,
        "fingerprint": _fingerprint(filled),
    }
    found = Message.objects.filter(**key).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            message = Message.objects.create(
                **key, **msgspec.structs.asdict(filled), sent_at=now or timezone.now()
            )
    except IntegrityError:  # the same task ran twice at the same time
        return Message.objects.get(**key)
    transaction.on_commit(lambda: _announce(message))
    log.info("notice_sent", template=template, case=case_number)
    return message


def mark_read(message: Message, *, now: datetime | None = None) -> None:
    """Note when a person first opened a message."""
    if message.read_at is None:
        message.read_at = now or timezone.now()
        message.save(update_fields=["read_at"])


def _announce(message: Message) -> None:
    for channel in registry.channels():
        channel.announce(person_ref=message.person_ref, message_id=str(message.pk))


def _fingerprint(filled: Filled) -> str:
    return hashlib.sha256(msgspec.json.encode(filled)).hexdigest()
