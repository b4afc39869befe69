"""Bounds of the programme's figures."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import MIB

CASE_EVENTS_BYTES: Final = 1 * MIB
"""One batch of case events."""

CASE_EVENTS_BATCH: Final = 500
"""Case events of one batch; the worker sends at most this many at once."""

CASE_EVENT_DATA_KEYS: Final = 12
"""Members of one event's data."""

CASE_EVENT_TEXT_CHARS: Final = 200
"""One text of an event: an identifier, a code or a hash, never prose."""

CASE_EVENT_LIST_ITEMS: Final = 50
"""Items of one list in an event's data, e.g. the reasons of a refusal."""

CASE_EVENT_AHEAD_S: Final = 300
"""How far an event's time may lie in the future; clocks differ, but not by more."""

MEASURES_EVENTS: Final = 2_000_000
"""Events read for one set of figures; beyond it the distributed analytics of a later step."""

MEASURES_PAGE: Final = 50
"""Events or cases on one page behind a figure."""

SMALL_COUNT: Final = 10
"""Below this many cases a share is shown with a warning that it says little."""
