"""Loads a service pack: reads its files, checks them, compiles them, and fixes them by a hash.

In order: ``read_pack_files`` takes the directory into memory; ``build_pack`` reads each file
(``source.py``), checks its shape (``shapes.py``), builds the structures (``building.py``,
``factmodel.py``), compiles the rules for every span of dates (``rulebook.py``) and hashes the
contents. Every mistake found on the way is in the :class:`PackErrors` raised at the end. A part
that keeps old versions stores ``Pack.files`` and calls ``build_pack`` on them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from taysir.engine.building import Builder
from taysir.engine.definition import Pack
from taysir.engine.errors import ENG_PACK_MISSING, ENG_PACK_SIZE
from taysir.engine.factmodel import build_fact_model
from taysir.engine.findings import Finding, PackErrors, Place, finding
from taysir.engine.law import build_parameters
from taysir.engine.rulebook import build_rule_book
from taysir.engine.shapes import shape_findings
from taysir.engine.source import Source, read_yaml
from taysir.kernel.limits import PACK_FILES

__all__ = ["Pack", "PackErrors", "build_pack", "load_pack", "pack_hash", "read_pack_files"]

FILES: Final = {
    "service.yaml": "service",
    "lookups.yaml": "lookups",
    "pages.yaml": "pages",
    "flow.yaml": "flow",
    "reasons.yaml": "reasons",
    "notices.yaml": "notices",
    "texts.yaml": "texts_file",
    "law.yaml": "law",
}
"""The YAML files of a pack and the definitions of the schema that they follow."""

OPTIONAL: Final = frozenset({"lookups.yaml", "notices.yaml", "texts.yaml", "law.yaml"})
FACTS: Final = "facts.schema.json"
_EMPTY: Final[dict[str, dict[str, object]]] = {
    "lookups.yaml": {"lookups": []},
    "notices.yaml": {"notices": {}},
    "texts.yaml": {"texts": {}},
    "law.yaml": {"parameters": {}},
}


def load_pack(path: Path) -> Pack:
    """Load the pack in a directory; raises :class:`PackErrors` with every mistake found."""
    return build_pack(read_pack_files(path))


def read_pack_files(path: Path) -> dict[str, bytes]:
    """Return the files of a pack by their path inside it; hidden files are left out."""
    if not (path / "service.yaml").is_file():
        place = Place("service.yaml")
        raise PackErrors([finding(ENG_PACK_MISSING, place, path=str(path), file="service.yaml")])
    names = sorted(
        file.relative_to(path).as_posix()
        for file in path.rglob("*")
        if file.is_file() and not file.is_symlink()
    )
    kept = [name for name in names if not _hidden(name)]
    if len(kept) > PACK_FILES:
        raise PackErrors(
            [finding(ENG_PACK_SIZE, Place("service.yaml"), what="files", limit=PACK_FILES)]
        )
    return {name: (path / name).read_bytes() for name in kept}


def pack_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 that fixes a pack: over each file's path and digest, tests left out."""
    total = hashlib.sha256(b"taysir-pack-1\n")
    for name in sorted(files):
        if not name.startswith("tests/"):
            total.update(f"{hashlib.sha256(files[name]).hexdigest()} {name}\n".encode())
    return total.hexdigest()


def build_pack(files: Mapping[str, bytes]) -> Pack:
    """Build a pack from its files in memory; raises :class:`PackErrors`."""
    findings: list[Finding] = []
    sources = _read_all(files, findings)
    if findings:
        raise PackErrors(findings)
    facts = build_fact_model(sources[FACTS], findings)
    builder = Builder(sources=sources, facts=facts, findings=findings)
    service, articles, plan = builder.service()
    lookups = builder.lookups(purpose=service.purpose)
    pages = builder.pages()
    flow = builder.flow()
    reasons = builder.reasons()
    notices = builder.notices()
    parameters = build_parameters(sources["law.yaml"], findings)
    rule_files = {name: data for name, data in files.items() if _is_rule(name)}
    rules = build_rule_book(rule_files, model=facts, plan=plan, findings=findings)
    if findings:
        raise PackErrors(findings)
    return Pack(
        hash=pack_hash(files),
        service=service,
        articles=articles,
        facts=facts,
        pages=pages,
        lookups=lookups,
        flow=flow,
        plan=plan,
        reasons=reasons,
        notices=notices,
        texts=MappingProxyType(dict(sources["texts.yaml"].value["texts"])),
        rules=rules,
        parameters=parameters,
        files=MappingProxyType(dict(files)),
    )


def _read_all(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for name, part in FILES.items():
        if name not in files and name in OPTIONAL:
            sources[name] = Source(name, _EMPTY[name], {})
        elif source := _read(files, name, findings):
            findings.extend(shape_findings(source, part))
            sources[name] = source
    if source := _read(files, FACTS, findings):
        sources[FACTS] = source
    return sources


def _read(files: Mapping[str, bytes], name: str, findings: list[Finding]) -> Source | None:
    if name not in files:
        findings.append(finding(ENG_PACK_MISSING, Place(name), path=".", file=name))
        return None
    return _collect(lambda: read_yaml(files[name], file=name), findings)


def _collect(read: Callable[[], Source], findings: list[Finding]) -> Source | None:
    try:
        return read()
    except PackErrors as error:
        findings.extend(error.findings)
        return None


def _is_rule(name: str) -> bool:
    return name.startswith("rules/") and name.endswith(".dmn")


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__")) for part in name.split("/"))
