"""The rows of a persona in every agency's tables, relative to a moment.

The stories are in ``taysir.country.personas``; this module only turns days into dates and parts
into columns.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from taysir.country.personas import Persona
from taysir.country.population import schema
from taysir.country.population.material import name
from taysir.country.population.records import Row

_STREET = ("شارع النخيل", "An Nakheel Street", "حي النزهة", "An Nuzha", "مدينة الواحة", "Waha City")


def rows_of(persona: Persona, *, now: datetime) -> dict[schema.Table, list[Row]]:
    """Return what each table holds about a persona at this moment (UTC)."""
    today = now.date()
    rows: dict[schema.Table, list[Row]] = {
        schema.PERSON: [_person(persona, today)],
        schema.ADDRESS: [_address(persona)],
        schema.LICENCE: _licence(persona, today),
        schema.FITNESS: _fitness(persona, today),
        schema.VIOLATION: _violations(persona, now),
        schema.SUSPENSION: [],
    }
    if persona.suspended_days_ago is not None:
        since = _ago(today, persona.suspended_days_ago)
        rows[schema.SUSPENSION] = [(f"SP{persona.serial:07d}", persona.national_id, since, None)]
    return rows


def years_before(day: date, years: int) -> date:
    """Return the same day so many years before; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _ago(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()


def _person(persona: Persona, today: date) -> Row:
    parts = [name(*pair) for pair in zip(persona.name_ar, persona.name_en, strict=True)]
    died = persona.died_days_ago
    return (
        persona.national_id,
        persona.serial + 1,
        persona.sex,
        *persona.name_ar,
        *persona.name_en,
        " ".join(part.key for part in parts),
        years_before(today - timedelta(days=100 + persona.serial), persona.age_years).isoformat(),
        persona.nationality,
        "L" if died is None else "D",
        None if died is None else _ago(today, died),
        _ago(today, -persona.identity_expires_in_days),
        None,
        None,
    )


def _address(persona: Persona) -> Row:
    return (persona.national_id, 2100 + persona.serial, *_STREET, 11_564, 7000 + persona.serial)


def _licence(persona: Persona, today: date) -> list[Row]:
    story = persona.licence
    if story is None:
        return []
    near = today + timedelta(days=story.expires_in_days)
    expires = years_before(near, story.and_years_ago)
    return [
        (
            f"DL{persona.serial + 1:08d}",
            persona.national_id,
            ",".join(story.categories),
            ",".join(story.restrictions),
            years_before(expires, 5).isoformat(),
            expires.isoformat(),
            "V",
        )
    ]


def _fitness(persona: Persona, today: date) -> list[Row]:
    story = persona.fitness
    if story is None:
        return []
    examined, valid = _ago(today, story.days_ago), _ago(today, story.days_ago - 365)
    number = f"FP{persona.serial:08d}"
    return [(number, persona.national_id, examined, valid, story.result, "HC001")]


def _violations(persona: Persona, now: datetime) -> list[Row]:
    rows: list[Row] = []
    for number, fine in enumerate(persona.fines):
        paid = None
        if fine.paid_minutes_ago is not None:
            moment = now - timedelta(minutes=fine.paid_minutes_ago)
            paid = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        ticket = f"TP{persona.serial:04d}{number:05d}"
        violated = _ago(now.date(), fine.days_ago)
        rows.append((ticket, persona.national_id, violated, "SPD1", fine.amount_qirsh, paid))
    return rows
