"""The only way from a person to a case."""

from __future__ import annotations

from django.db.models import QuerySet

from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.transactions.cases.errors import TRX_CASE_NOT_FOUND
from taysir.transactions.cases.models import Case
from taysir.transactions.identity.models import Person

log = get_logger(__name__)


def cases_of(person: Person) -> QuerySet[Case]:
    """Return one's own cases, newest first."""
    return Case.objects.filter(person_ref=person.ref)


def case_of(person: Person, *, number: str) -> Case:
    """Return one's own case; TRX-0201 also if it is somebody else's."""
    case = cases_of(person).filter(number=number).first()
    if case is None:
        log.info("case_access_refused", case=number[:32])
        raise Problem(TRX_CASE_NOT_FOUND)
    return case
