"""Who lives in the State of Waha: couples, their children, and the couples these children form.

Families come out one after another, so any size fits in little memory. Adult children wait for a
match from another family; when one is found the new couple keeps the records of its families of
birth. Dates are day numbers (``date.toordinal``) until they are written. Nothing here knows the
agencies' tables.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from taysir.country.population.material import Material, Name, NamePool
from taysir.kernel.identity_number import Holder, IdentityNumber

YEAR: Final = 365.2425
ADULT_YEARS: Final = 18
_RESIDENT_SHARE: Final = 0.18
_LONE_RESIDENT_SHARE: Final = 0.55
_MATCH_SHARE: Final = 0.55
_WAITING: Final = 400
"""Adult children of one sex who wait for a match."""

_SERIAL_FIRST: Final = 10_000_000
_SERIAL_SPAN: Final = 89_999_999
_SERIAL_STEP: Final = 7_919_417
"""Prime to the span: serials look scattered and never repeat; those below are personas."""


class Person(NamedTuple):
    """One person as the civil register knows them."""

    nid: str
    family_no: int
    sex: str
    names: tuple[Name, Name, Name, Name]
    born: int
    nationality: str
    died: int
    father: str
    mother: str


class Marriage(NamedTuple):
    """A marriage and its day."""

    husband: str
    wife: str
    day: int


class Household(NamedTuple):
    """The persons that one step adds, and the marriage it registers."""

    newcomers: list[Person]
    marriage: Marriage | None


class Families:
    """Draws households until the population is complete."""

    def __init__(self, *, random: Random, material: Material, today: int) -> None:
        self._random = random
        self._material = material
        self._today = today
        self._serial = 0
        self._family_no = 1000
        self._grooms: deque[Person] = deque(maxlen=_WAITING)
        self._brides: deque[Person] = deque(maxlen=_WAITING)

    def households(self, count: int) -> Iterator[Household]:
        """Yield households that together hold exactly ``count`` new persons."""
        left = count
        while left > 0:
            household = self._household(left)
            left -= len(household.newcomers)
            yield household

    def _household(self, left: int) -> Household:
        random = self._random
        if random.random() < _RESIDENT_SHARE:
            pool = random.choice(self._material.residents)
            if left < 2 or random.random() < _LONE_RESIDENT_SHARE:
                return Household([self._founder(pool, sex="M", years=random.uniform(20, 62))], None)
            return self._founders(pool, left)
        if self._grooms and self._brides and random.random() < _MATCH_SHARE:
            match = self._match(left)
            if match is not None:
                return match
        pool = self._material.citizens
        if left < 2:
            return Household([self._founder(pool, sex="M", years=random.uniform(20, 80))], None)
        return self._founders(pool, left)

    def _match(self, left: int) -> Household | None:
        """Marry two waiting adults of different families, if their ages fit."""
        groom, bride = self._grooms.popleft(), self._brides.popleft()
        if groom.family_no == bride.family_no or abs(groom.born - bride.born) > 12 * YEAR:
            self._grooms.append(groom)
            return None
        return self._with_children(groom, bride, [], left)

    def _founders(self, pool: NamePool, left: int) -> Household:
        years = self._random.triangular(22, 88, 42)
        husband = self._founder(pool, sex="M", years=years)
        younger = max(19.0, years - self._random.uniform(-2, 9))
        wife = self._founder(pool, sex="F", years=younger)
        return self._with_children(husband, wife, [husband, wife], left - 2)

    def _with_children(
        self, husband: Person, wife: Person, newcomers: list[Person], room: int
    ) -> Household:
        """Let a couple have children until today, their mother's age or the room ends it."""
        random, today = self._random, self._today
        wedding = int(max(husband.born, wife.born) + random.uniform(19, 27) * YEAR)
        if wedding > today:
            wedding = today - random.randrange(1, 300)
        wanted = min(room, random.choices(range(8), (8, 12, 20, 22, 17, 11, 6, 4))[0])
        end = min(today, int(wife.born + 45 * YEAR), husband.died or today, wife.died or today)
        birth = wedding + random.randrange(280, 900)
        while wanted > 0 and birth < end:
            child = self._child(husband, wife, birth)
            newcomers.append(child)
            wanted -= 1
            birth += random.randrange(400, 1500) if random.random() > 0.02 else 0
        return Household(newcomers, Marriage(husband.nid, wife.nid, wedding))

    def _founder(self, pool: NamePool, *, sex: str, years: float) -> Person:
        choice = self._random.choice
        self._family_no += 1
        first = choice(pool.male if sex == "M" else pool.female)
        names = (first, choice(pool.male), choice(pool.male), choice(pool.family))
        return self._person(
            sex, names=names, born=self._today - int(years * YEAR), nationality=pool.nationality
        )

    def _child(self, husband: Person, wife: Person, birth: int) -> Person:
        citizens = self._material.citizens
        pool = citizens
        if husband.nationality != citizens.nationality:
            pool = next(p for p in self._material.residents if p.nationality == husband.nationality)
        sex = "M" if self._random.random() < 0.512 else "F"
        first = self._random.choice(pool.male if sex == "M" else pool.female)
        names = (first, husband.names[0], husband.names[1], husband.names[3])
        child = self._person(
            sex,
            names=names,
            born=birth,
            nationality=husband.nationality,
            parents=(husband, wife),
        )
        marriageable = (self._today - birth) / YEAR > 23 and not child.died
        if marriageable and child.nationality == citizens.nationality:
            (self._grooms if sex == "M" else self._brides).append(child)
        return child

    def _person(
        self,
        sex: str,
        *,
        names: tuple[Name, Name, Name, Name],
        born: int,
        nationality: str,
        parents: tuple[Person, Person] | None = None,
    ) -> Person:
        self._serial += 1
        serial = _SERIAL_FIRST + self._serial * _SERIAL_STEP % _SERIAL_SPAN
        citizen = nationality == self._material.citizens.nationality
        holder = Holder.CITIZEN if citizen else Holder.RESIDENT
        return Person(
            nid=IdentityNumber.of_serial(holder, serial).digits,
            family_no=parents[0].family_no if parents else self._family_no,
            sex=sex,
            names=names,
            born=born,
            nationality=nationality,
            died=self._death(born),
            father=parents[0].nid if parents else "",
            mother=parents[1].nid if parents else "",
        )

    def _death(self, born: int) -> int:
        """Draw whether and when a person died within the last ten years; 0 for the living."""
        years = (self._today - born) / YEAR
        chance = 0.002 if years < 55 else 0.06 if years < 75 else 0.3
        if self._random.random() > chance:
            return 0
        span = int(min(10.0, years) * YEAR)
        return self._today - self._random.randrange(1, span) if span > 1 else 0
