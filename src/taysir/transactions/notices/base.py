"""The port to channels that announce a message: text message, e-mail, push."""

from __future__ import annotations

from typing import Protocol


class Channel(Protocol):
    """Announces that something arrived. It gets no content: channels are not confidential."""

    def announce(self, *, person_ref: str, message_id: str) -> None:
        """Tell the person that a message waits; a failure must not undo the message."""
        ...
