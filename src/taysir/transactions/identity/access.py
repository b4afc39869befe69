"""The only way from a request to the person behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from taysir.transactions.identity.models import Person

P = ParamSpec("P")
PersonView = Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def person_of(request: HttpRequest) -> Person | None:
    """Return the signed-in person, or None."""
    user: Any = request.user
    if not user.is_authenticated:
        return None
    return Person.objects.filter(user=user).first()


def for_person(view: PersonView[P]) -> View[P]:
    """Let only signed-in people in; others sign in first and come back to the same page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        person = person_of(request)
        if person is None:
            return _to_sign_in(request)
        response = view(request, person, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    guarded.for_person = True  # type: ignore[attr-defined]  # the test of access rules reads it
    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to sign-in; a form cannot be repeated, so its page is come back to instead."""
    target = request.get_full_path()
    if request.method != "GET":
        target = request.META.get("HTTP_REFERER", "/")
        target = "/" + target.split("/", 3)[3] if target.count("/") >= 3 else "/"
    return redirect(f"/sign-in/?{urlencode({'next': target})}")
