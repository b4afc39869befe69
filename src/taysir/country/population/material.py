"""The names and places that the population is made of, read once from two TOML files.

Each line holds the Arabic and the Latin spelling; the search key is computed once a name, not once
a person.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, NamedTuple

from taysir.kernel.text import search_key


class Name(NamedTuple):
    """One part of a person's name: Arabic, the registry's Latin spelling, the search key."""

    ar: str
    en: str
    key: str


class Place(NamedTuple):
    """A street, district or city in both languages."""

    ar: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePool:
    """The names of one nationality."""

    nationality: str
    male: tuple[Name, ...]
    female: tuple[Name, ...]
    family: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city with its districts and the first two digits of its postcodes."""

    place: Place
    postcode: int
    weight: int
    districts: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything the generator draws from."""

    citizens: NamePool
    residents: tuple[NamePool, ...]
    streets: tuple[Place, ...]
    cities: tuple[City, ...]


def load_material() -> Material:
    """Read the two files of this folder."""
    names, places = _read("names.toml"), _read("places.toml")
    return Material(
        citizens=_pool("WA", names),
        residents=tuple(_pool(code, part) for code, part in names["residents"].items()),
        streets=tuple(_place(line) for line in places["streets"]),
        cities=tuple(
            City(
                place=_place(city["name"]),
                postcode=city["postcode"],
                weight=city["weight"],
                districts=tuple(_place(line) for line in city["districts"]),
            )
            for city in places["cities"]
        ),
    )


def name(arabic: str, latin: str) -> Name:
    """Return one part of a name with its search key."""
    return Name(arabic, latin, search_key(arabic))


def _read(file: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(file).read_text("utf-8"))


def _pool(nationality: str, part: dict[str, list[str]]) -> NamePool:
    return NamePool(
        nationality=nationality,
        male=tuple(name(*line.split("=")) for line in part["male"]),
        female=tuple(name(*line.split("=")) for line in part["female"]),
        family=tuple(name(*line.split("=")) for line in part["family"]),
    )


def _place(line: str) -> Place:
    arabic, latin = line.split("=")
    return Place(arabic, latin)
