"""The only way from a request to the person behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from taysir.kernel import limits
from taysir.transactions.identity.models import Person

P = ParamSpec("P")
PersonView = Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_KEPT: Final = "kept_input"


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


def kept_input(request: HttpRequest) -> dict[str, str]:
    """Return, once, what a form of this page held when the session had ended; else nothing.

    Call it only when the person may see the page: the path then names whose input it is.
    """
    if request.method != "GET" or request.session.get(_KEPT, {}).get("path") != request.path:
        return {}
    kept: dict[str, str] = request.session.pop(_KEPT)["fields"]
    return kept


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to sign-in; a form cannot be repeated, so its page is come back to with its input."""
    target = request.get_full_path()
    if request.method != "GET":
        _keep_input(request)
        target = request.META.get("HTTP_REFERER", "/")
        target = "/" + target.split("/", 3)[3] if target.count("/") >= 3 else "/"
    return redirect(f"/sign-in/?{urlencode({'next': target})}")


def _keep_input(request: HttpRequest) -> None:
    """Keep what was typed in the session of the browser until its person is signed in again."""
    fields = {
        name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"
    }
    size = sum(len(name) + len(value) for name, value in fields.items())
    if fields and size <= limits.KEPT_INPUT_CHARACTERS:
        request.session[_KEPT] = {"path": request.path, "fields": fields}
