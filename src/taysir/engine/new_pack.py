"""Makes the files of a new service pack: small, in both languages, checked and tested.

The skeleton beside this module is a whole service, with one lookup, one question, one reason to
refuse and one value, so that an author changes something that runs instead of filling forms. Code,
owner and titles are put in; nothing is written here, and nothing of the sample country is used but
the address of its civil register.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import orjson

from taysir.engine.errors import ENG_NEW_CODE, ENG_NEW_TITLE
from taysir.engine.findings import Text
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId

_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,62}[a-z0-9]", re.ASCII)
_MARK: Final = re.compile("__(?:CODE|OWNER|INSTANCE|TITLE_AR|TITLE_EN)__")
_TITLE_CHARACTERS: Final = 120


def new_pack_files(code: str, *, owner: MemberId, title: Text) -> dict[str, bytes]:
    """Return the files of a new pack by their path inside it.

    Raises ENG-1021 for a code that cannot be one, ENG-1022 for a title that is empty, too long or
    not printable, or whose Arabic has no Arabic letter.
    """
    if not _CODE.fullmatch(code):
        raise Problem(ENG_NEW_CODE, given=code[:80])
    for text in title.values():
        if not text.strip() or not text.isprintable() or len(text) > _TITLE_CHARACTERS:
            raise Problem(ENG_NEW_TITLE, limit=_TITLE_CHARACTERS)
    if not re.search("[\u0621-\u064a]", title["ar"]):
        raise Problem(ENG_NEW_TITLE, limit=_TITLE_CHARACTERS)
    words: Mapping[str, str] = {
        "__CODE__": code,
        "__OWNER__": str(owner),
        "__INSTANCE__": owner.instance,
        # A JSON string is a YAML string, whatever stands in the title.
        "__TITLE_AR__": orjson.dumps(title["ar"].strip()).decode(),
        "__TITLE_EN__": orjson.dumps(title["en"].strip()).decode(),
    }
    return {name: _filled(text, words) for name, text in _skeleton()}


def _filled(text: str, words: Mapping[str, str]) -> bytes:
    return _MARK.sub(lambda mark: words[mark.group()], text).encode()


def _skeleton() -> Iterator[tuple[str, str]]:
    open_: list[tuple[str, Traversable]] = [
        ("", resources.files("taysir.engine").joinpath("skeleton"))
    ]
    while open_:
        place, folder = open_.pop()
        for entry in sorted(folder.iterdir(), key=lambda each: each.name):
            if entry.is_dir():
                open_.append((f"{place}{entry.name}/", entry))
            else:
                yield place + entry.name, entry.read_text("utf-8")
