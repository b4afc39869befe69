"""How a sign-in at the national provider becomes a person of this installation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from taysir.kernel.errors import Problem
from taysir.kernel.identity_number import IdentityNumber
from taysir.kernel.log import get_logger
from taysir.transactions.identity.models import Person

log = get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody registers here by themselves; only the provider's persons come in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come from the provider alone."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page itself shows who is signed in."""


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Takes over the claims of the national provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whoever the provider vouches for may come in."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Give the account a name without meaning; the person's own are in Person."""
        user = sociallogin.user
        user.username = f"n-{sociallogin.account.uid}"[:150]
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse a provider that does not state an acceptable identity number."""
        claims = claims_of(sociallogin)
        try:
            IdentityNumber.parse(str(claims.get("national_id", "")))
        except Problem as problem:
            log.warning("claims_not_acceptable", code=problem.code)
            raise ImmediateHttpResponse(redirect("identity:failed")) from problem

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Save the account and the person for the first time."""
        user = super().save_user(request, sociallogin, form)
        record_person(user, claims_of(sociallogin), issuer=issuer_of(sociallogin))
        return user

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Explain a sign-in that did not end well, on a page of our own."""
        log.info("sign_in_failed", error=str(kwargs.get("error", ""))[:40])
        raise ImmediateHttpResponse(redirect("identity:failed"))


def claims_of(sociallogin: Any) -> dict[str, Any]:
    """Return what the provider states about the person."""
    extra: dict[str, Any] = sociallogin.account.extra_data
    claims = extra.get("userinfo") or extra.get("id_token") or extra
    return dict(claims)


def issuer_of(sociallogin: Any) -> str:
    """Return who vouches for the person."""
    token = sociallogin.account.extra_data.get("id_token") or {}
    return str(token.get("iss", sociallogin.account.provider))


def record_person(user: Any, claims: dict[str, Any], *, issuer: str) -> Person:
    """Write or refresh the person behind an account."""
    person, _made = Person.objects.update_or_create(
        user=user,
        defaults={
            "national_id": IdentityNumber.parse(str(claims["national_id"])).digits,
            "name_ar": str(claims.get("name_ar", ""))[:200],
            "name_en": str(claims.get("name_en", ""))[:200],
            "attested_at": timezone.now(),
            "attested_by": issuer[:200],
        },
    )
    return person
