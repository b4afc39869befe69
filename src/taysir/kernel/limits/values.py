"""Bounds of dates and money."""

from __future__ import annotations

from typing import Final

DATE_TEXT_CHARS: Final = 64
"""A written date; the longest month names with era and weekday fit twice."""

WORKING_DAYS: Final = 3660
"""The longest deadline in working days; ten years is longer than any service promises."""

HOLIDAY_RUN_DAYS: Final = 60
"""Days in a row without a working day; more is a mistaken list of holidays."""

MONEY_MINOR: Final = 10**15
"""Ten thousand billion dinars: any larger amount is a mistake, and it fits a 64-bit column."""

MONEY_TEXT_CHARS: Final = 32
"""A written amount."""
