"""Every address of the portal has an access rule: public by name here, or for its person only."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

PUBLIC = {
    "healthz",
    "metrics",
    "ui:language",
    "ui:gallery",
    "catalogue:home",
    "catalogue:service",
    "identity:sign-in",
    "identity:sign-out",
    "identity:failed",
    "documents:ask",
    "documents:verify",
}
"""What strangers may open; allauth's own addresses are public by their nature."""


def routes(
    patterns: list[URLPattern | URLResolver], namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Yield each named address of the portal with its pattern."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if "allauth" in str(pattern.urlconf_module):
                continue
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name}", pattern


def test_every_address_has_an_access_rule() -> None:
    """An address is listed as public, or its view lets only the signed-in person in."""
    found = dict(routes(get_resolver("taysir.web.urls").url_patterns))

    unruled = [
        name
        for name, pattern in found.items()
        if name not in PUBLIC and not getattr(pattern.callback, "for_person", False)
    ]
    assert [] == unruled
    assert set() == PUBLIC - set(found)
