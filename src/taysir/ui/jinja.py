"""The Jinja2 environment of every screen, for Django's Jinja2 template back end.

Settings name it: ``"OPTIONS": {"environment": "taysir.ui.jinja.environment"}`` with ``APP_DIRS``,
so an app's templates lie in its ``jinja2/`` folder. Everything is escaped by default and unknown
variables are errors, so a misspelt name fails in a test instead of leaving a blank.
"""

from __future__ import annotations

from typing import Final

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import BaseLoader, Environment, StrictUndefined

from taysir.ui import formats, texts

GLOBALS: Final = {
    "_": texts.translate,
    "plural": texts.plural,
    "t": texts.choose,
    "language": texts.current_language,
    "languages": texts.LANGUAGES,
    "language_names": texts.LANGUAGE_NAMES,
    "directions": texts.DIRECTIONS,
    "static": static,
    "format_date": formats.format_date,
    "format_datetime": formats.format_datetime,
    "format_duration": formats.format_duration,
    "format_list": formats.format_list,
    "format_money": formats.format_money,
    "format_number": formats.format_number,
    "format_percent": formats.format_percent,
    "format_time": formats.format_time,
    "format_weekday": formats.format_weekday,
    "ref": formats.reference,
    "time": formats.time_element,
}


def url(name: str, *args: object, **kwargs: object) -> str:
    """Give templates the address of a view by its name and parameters."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def environment(
    *, loader: BaseLoader | None = None, auto_reload: bool = False, **decided: object
) -> Environment:
    """Build the environment; of what else Django passes, escaping and unknowns are decided here."""
    del decided
    built = Environment(
        loader=loader,
        auto_reload=auto_reload,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    built.globals.update(GLOBALS, url=url)
    return built
