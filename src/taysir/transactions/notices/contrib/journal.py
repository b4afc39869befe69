"""A channel that writes each announcement to the process's log, for places without a gateway."""

from __future__ import annotations

from taysir.kernel.log import get_logger

log = get_logger(__name__)


class JournalChannel:
    """Announces to the operator's log: identifiers only."""

    def announce(self, *, person_ref: str, message_id: str) -> None:
        """Write one event."""
        log.info("notice_announced", person=person_ref, message=message_id)
