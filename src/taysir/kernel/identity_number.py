"""The identity number of the federation: ten digits, the first says whose, the last is a check.

``3`` a citizen, ``4`` a resident, ``7`` an establishment; the tenth digit is the Luhn check digit
(ISO/IEC 7812-1 annex B). A number is read as people type it: Arabic-Indic digits, spaces, hyphens
and invisible direction marks are accepted. Refusals never repeat the number, because it is
personal data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from taysir.kernel.errors import Mender, Problem, Retry, declare
from taysir.kernel.luhn import check_digit
from taysir.kernel.text import normalise_digits, without_direction_marks

LENGTH: Final = 10
PATTERN: Final = "^[347][0-9]{9}$"
"""The form for schemas; the check digit is beyond a pattern."""

_SERIALS: Final = 10 ** (LENGTH - 2)
_SEPARATORS: Final = str.maketrans("", "", " -\u00a0\u2011")

KRN_IDENTITY_NUMBER = declare(
    "KRN-0010",
    status=400,
    ar="رقم الهوية غير صحيح: {fault}.",
    en="The identity number is not valid: {fault}.",
    remedy_ar="اكتب الرقم كما هو في بطاقة الهوية: عشرة أرقام أولها 3 أو 4 أو 7.",
    remedy_en="Write the number as it is on the identity card: ten digits, the first 3, 4 or 7.",
    mender=Mender.PERSON,
    retry=Retry.AFTER_MENDING,
)


class Holder(StrEnum):
    """Whose number it is."""

    CITIZEN = "3"
    RESIDENT = "4"
    ESTABLISHMENT = "7"


@dataclass(frozen=True, slots=True, order=True)
class IdentityNumber:
    """A valid identity number; make one with :meth:`parse` or :meth:`of_serial`."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as typed.

        Raises:
            Problem: KRN-0010, with what is wrong: a letter, the length, the first or last digit.
        """
        digits = normalise_digits(without_direction_marks(text)).translate(_SEPARATORS)
        fault = _fault(digits)
        if fault:
            raise Problem(KRN_IDENTITY_NUMBER, fault=fault)
        return cls(digits)

    @classmethod
    def of_serial(cls, holder: Holder, serial: int) -> Self:
        """Return the number with this serial, from 0 to 99,999,999; raises ValueError beyond."""
        if not 0 <= serial < _SERIALS:
            raise ValueError(f"serial out of range: {serial}")
        first_nine = f"{holder.value}{serial:08d}"
        return cls(first_nine + check_digit(first_nine))

    @property
    def holder(self) -> Holder:
        """Whose number it is."""
        return Holder(self.digits[0])

    def __str__(self) -> str:
        return self.digits


def is_identity_number(text: str) -> bool:
    """Whether the text is exactly ten digits that form a valid number."""
    return not _fault(text)


def _fault(digits: str) -> str:
    if not (digits.isascii() and digits.isdigit()):
        return "there is more than digits in it"
    if len(digits) != LENGTH:
        return "it has not ten digits"
    if digits[0] not in "347":
        return "its first digit is not 3, 4 or 7"
    if check_digit(digits[:-1]) != digits[-1]:
        return "its last digit does not fit the others"
    return ""
