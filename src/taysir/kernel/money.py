"""Amounts of money as a whole number of minor units, so that nothing is ever rounded by accident.

The Waha dinar has 100 qirsh. An amount is stored and sent as an integer of qirsh; people read
dinars, with the grammatical number that Arabic asks for. This module knows no currency exchange
and no database field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from taysir.kernel import limits
from taysir.kernel.errors import Language, Mender, Problem, Retry, declare
from taysir.kernel.text import normalise_digits

KRN_AMOUNT = declare(
    "KRN-0111",
    status=400,
    ar="لا يمكن قراءة المبلغ.",
    en="The amount cannot be read.",
    remedy_ar="اكتب المبلغ بالدينار، مثل 200 أو 200.50.",
    remedy_en="Write the amount in dinars, such as 200 or 200.50.",
    mender=Mender.PERSON,
    retry=Retry.AFTER_MENDING,
)

MINOR_PER_DINAR: Final = 100
_AMOUNT: Final = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in qirsh; may be negative (a refund)."""

    minor: int

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("an amount is a whole number of qirsh")
        if abs(self.minor) > limits.MONEY_MINOR:
            raise ValueError(f"amount out of bounds: {self.minor}")

    @classmethod
    def of_dinars(cls, dinars: int | Decimal) -> Self:
        """Return an exact amount of dinars; raises ValueError for fractions of a qirsh."""
        minor = Decimal(dinars) * MINOR_PER_DINAR
        if minor != minor.to_integral_value():
            raise ValueError(f"not a whole number of qirsh: {dinars}")
        return cls(int(minor))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a person wrote, with either digits and separators; raises KRN-0111."""
        plain = normalise_digits(text[: limits.MONEY_TEXT_CHARS + 1]).strip()
        plain = plain.replace("٫", ".").replace("٬", ",").removesuffix("دينار").strip()
        match = _AMOUNT.fullmatch(plain)
        if match is None or len(text) > limits.MONEY_TEXT_CHARS:
            raise Problem(KRN_AMOUNT)
        sign, whole, fraction = match.groups()
        minor = int(whole.replace(",", "")) * MINOR_PER_DINAR + int((fraction or "0").ljust(2, "0"))
        if minor > limits.MONEY_MINOR:
            raise Problem(KRN_AMOUNT)
        return cls(-minor if sign else minor)

    @property
    def dinars(self) -> Decimal:
        """The amount in dinars, exactly."""
        return Decimal(self.minor) / MINOR_PER_DINAR

    def figure(self) -> str:
        """The bare number with grouping, without fraction where it is nought: ``1,200``."""
        sign = "-" if self.minor < 0 else ""
        whole, fraction = divmod(abs(self.minor), MINOR_PER_DINAR)
        return f"{sign}{whole:,}" + (f".{fraction:02d}" if fraction else "")

    def format(self, language: Language) -> str:
        """The amount as people read it: ``200 دينار``, ``3 دنانير``, ``200 dinars``."""
        whole, fraction = divmod(abs(self.minor), MINOR_PER_DINAR)
        if language == "en":
            return f"{self.figure()} {'dinar' if whole == 1 and not fraction else 'dinars'}"
        # The mark of direction keeps the minus before its number in Arabic text.
        figure = f"\u200e{self.figure()}" if self.minor < 0 else self.figure()
        return f"{figure} دينار" if fraction else _arabic_dinars(whole, figure=figure)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + other.minor)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - other.minor)

    def __mul__(self, factor: int) -> Money:
        return Money(self.minor * factor)

    def __neg__(self) -> Money:
        return Money(-self.minor)

    def __bool__(self) -> bool:
        return self.minor != 0


def _arabic_dinars(whole: int, *, figure: str) -> str:
    """Choose the form of the noun; the last two digits decide, as in spoken numbers."""
    if whole == 1 and figure == "1":
        return "دينار واحد"
    if whole == 2 and figure == "2":
        return "ديناران"
    if 3 <= whole % 100 <= 10:
        return f"{figure} دنانير"
    if 11 <= whole % 100 <= 99:
        return f"{figure} دينارًا"
    return f"{figure} دينار"
