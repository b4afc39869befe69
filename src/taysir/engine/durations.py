"""Reads the durations of a pack: ISO 8601 days, hours, minutes and seconds.

Months and years are refused on purpose: a deadline in them would depend on where it starts.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

PATTERN: Final = (
    r"^P(?=.)(?:([0-9]{1,5})D)?(?:T(?=.)(?:([0-9]{1,5})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})S)?)?$"
)
"""The same expression stands in the schema of the pack's files."""

_DURATION: Final = re.compile(PATTERN, re.ASCII)


def parse_duration(text: str) -> timedelta | None:
    """Return the duration, or None if the text is not one of this form."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_duration(time: timedelta) -> str:
    """Write a duration of whole seconds in this form."""
    hours, rest = divmod(time.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    days = f"{time.days}D" if time.days else ""
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    clock = "".join(f"{number}{unit}" for number, unit in parts if number)
    return f"P{days}T{clock}" if clock else f"P{days or '0D'}"
