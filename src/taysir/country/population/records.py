"""What each agency's registry holds about a household: rows for the tables of ``schema``.

Rows are plain tuples in the order of a table's columns and wait in lists until ``building`` writes
them. Shares and spreads are invented, and chosen so that every outcome of the sample services
occurs often enough to be met by chance.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any, Final

from taysir.country.population import schema
from taysir.country.population.families import ADULT_YEARS, YEAR, Household, Person
from taysir.country.population.material import Material

Row = tuple[Any, ...]

_CATEGORIES: Final = ("B", "A", "B,A", "B,C", "B,D")
_CATEGORY_WEIGHTS: Final = (80, 3, 7, 7, 3)
_FINES_QIRSH: Final = (10_000, 15_000, 30_000, 50_000, 90_000, 150_000, 300_000)
_VIOLATIONS: Final = ("SPD1", "SPD2", "SIG1", "PRK1", "PHN1", "BLT1")
_MAKES: Final = ("Toyota", "Hyundai", "Nissan", "Ford", "Kia", "GMC", "Lexus", "Mazda")
FIT, FIT_WITH_GLASSES, UNFIT = 1, 2, 3
GLASSES: Final = "glasses"


def day(ordinal: int) -> str:
    """Return a day number as ISO text."""
    return date.fromordinal(ordinal).isoformat()


class Records:
    """Collects the rows of every agency; ``rows`` is emptied by whoever writes them."""

    def __init__(self, *, random: Random, material: Material, today: int) -> None:
        self._random = random
        self._material = material
        self._today = today
        self._city_weights = [city.weight for city in material.cities]
        self._number = 100_000
        self.rows: dict[schema.Table, list[Row]] = {table: [] for table in schema.TABLES}

    def add(self, household: Household) -> None:
        """Register a household with every agency."""
        address = self._address()
        for person in household.newcomers:
            self._add_person(person)
            self.rows[schema.ADDRESS].append((person.nid, *address))
            if (self._today - person.born) / YEAR >= ADULT_YEARS:
                self._add_adult(person)
        if household.marriage is not None:
            husband, wife, wedding = household.marriage
            self.rows[schema.MARRIAGE].append((husband, wife, day(wedding)))

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _add_person(self, person: Person) -> None:
        random = self._random
        first, father, grandfather, family = person.names
        expired = random.random() < 0.03
        card = random.randrange(-400, 0) if expired else random.randrange(1, 3650)
        self.rows[schema.PERSON].append(
            (
                person.nid,
                person.family_no,
                person.sex,
                first.ar,
                father.ar,
                grandfather.ar,
                family.ar,
                first.en,
                father.en,
                grandfather.en,
                family.en,
                f"{first.key} {father.key} {grandfather.key} {family.key}",
                day(person.born),
                person.nationality,
                "D" if person.died else "L",
                day(person.died) if person.died else None,
                day(self._today + card),
                person.father or None,
                person.mother or None,
            )
        )

    def _address(self) -> Row:
        random = self._random
        city = random.choices(self._material.cities, self._city_weights)[0]
        street = random.choice(self._material.streets)
        district = random.choice(city.districts)
        postcode = city.postcode * 1000 + random.randrange(1000)
        numbers = random.randrange(1000, 9999), random.randrange(1000, 9999)
        return (numbers[0], *street, *district, *city.place, postcode, numbers[1])

    def _add_adult(self, person: Person) -> None:
        random = self._random
        if random.random() < 0.015:
            self._add_suspension(person)
        if random.random() > (0.68 if person.sex == "M" else 0.42):
            return
        glasses = random.random() < 0.13
        self._add_licence(person, glasses=glasses)
        if random.random() < 0.72:
            self._add_fitness(person, glasses=glasses)
        if random.random() < 0.3:
            self._add_violations(person)
        if random.random() < 0.55:
            self._add_vehicle(person)

    def _add_licence(self, person: Person, *, glasses: bool) -> None:
        random = self._random
        term = random.choice((2, 5, 10))
        left = random.randrange(-500, int(term * YEAR))
        expires = self._today + left
        issued = max(expires - int(term * YEAR), person.born + int(ADULT_YEARS * YEAR))
        status = "V"
        if person.died and self._today - person.died > 30:
            status = "C"
        elif random.random() < 0.01:
            status = "S"
        self.rows[schema.LICENCE].append(
            (
                f"DL{self._next_number():08d}",
                person.nid,
                random.choices(_CATEGORIES, _CATEGORY_WEIGHTS)[0],
                GLASSES if glasses else "",
                day(min(issued, self._today)),
                day(expires),
                status,
            )
        )

    def _add_fitness(self, person: Person, *, glasses: bool) -> None:
        examined = self._today - self._random.randrange(500)
        result = FIT_WITH_GLASSES if glasses else FIT
        if self._random.random() < 0.03:
            result = UNFIT
        centre = f"HC{self._random.randrange(1, 60):03d}"
        number = f"FX{self._next_number():08d}"
        self.rows[schema.FITNESS].append(
            (number, person.nid, day(examined), day(examined + 365), result, centre)
        )

    def _add_violations(self, person: Person) -> None:
        random = self._random
        for _ in range(random.randrange(1, 5)):
            violated = self._today - random.randrange(1, 900)
            paid = None
            if random.random() < 0.8:
                paid_on = min(self._today - 1, violated + random.randrange(1, 90))
                paid = f"{day(paid_on)}T09:{random.randrange(60):02d}:00Z"
            self.rows[schema.VIOLATION].append(
                (
                    f"TK{self._next_number():09d}",
                    person.nid,
                    day(violated),
                    random.choice(_VIOLATIONS),
                    random.choice(_FINES_QIRSH),
                    paid,
                )
            )

    def _add_vehicle(self, person: Person) -> None:
        random = self._random
        year = date.fromordinal(self._today).year
        self.rows[schema.VEHICLE].append(
            (
                f"W{self._next_number():07d}",
                person.nid,
                random.choice(_MAKES),
                year - random.randrange(18),
                day(self._today + random.randrange(-200, 1095)),
            )
        )

    def _add_suspension(self, person: Person) -> None:
        since = self._today - self._random.randrange(10, 900)
        lifted = self._random.random() < 0.5
        number = f"SO{self._next_number():07d}"
        end = day(min(self._today, since + 200)) if lifted else None
        self.rows[schema.SUSPENSION].append((number, person.nid, day(since), end))
