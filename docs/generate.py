"""Writes the pages of the reference that are derived from the code.

Run ``python -m docs.generate``; a test fails when a page no longer agrees with the code.
"""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Final

from docs.commands import commands_page
from taysir.engine.definition import Pack, Role
from taysir.engine.pack import load_pack
from taysir.kernel.errors import CATALOGUE, MENDER_NAMES

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "src"
SERVICES: Final = SOURCE / "taysir/country/services"
REFERENCE: Final = ROOT / "docs" / "reference"


def import_declaring_modules() -> None:
    """Import every module that declares errors."""
    for file in sorted(SOURCE.rglob("*.py")):
        if "declare(" in file.read_text("utf-8"):
            module = file.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".")
            importlib.import_module(module)


def errors_page() -> str:
    """Return the page of every error."""
    import_declaring_modules()
    lines = [
        "# Errors",
        "",
        "For integrators and operators. Every error of Taysir has a stable code, says in Arabic",
        "and English what happened, who can mend it and how, and whether the same request may be",
        "sent again. On the wire it is an RFC 9457 problem document.",
        "",
        "| code | status | what happened | ماذا حدث | who can mend it, and how | again |",
        "|---|---|---|---|---|---|",
    ]
    for code in sorted(CATALOGUE):
        kind = CATALOGUE[code]
        who = MENDER_NAMES[kind.mender]["en"]
        cells = [
            f"`{code}`",
            str(kind.status),
            kind.title["en"],
            kind.title["ar"],
            f"{who}: {kind.remedy['en']}",
            kind.retry.value,
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def limits_page() -> str:
    """Return the page of every bound, read from the source with its reason."""
    files = sorted((SOURCE / "taysir/kernel/limits").glob("*.py"))
    body = [node for file in files for node in ast.parse(file.read_text("utf-8")).body]
    namespace = vars(importlib.import_module("taysir.kernel.limits"))
    lines = [
        "# Limits",
        "",
        "For operators and integrators. Every queue, body, page, retry and timeout has a bound.",
        "",
        "| bound | value | reason |",
        "|---|---|---|",
    ]
    for node, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        reason = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            reason = re.sub(r"\s+", " ", str(following.value.value))
        if reason:
            lines.append(f"| `{node.target.id}` | {namespace[node.target.id]:,} | {reason} |")
    return "\n".join(lines) + "\n"


def sample_services_page() -> str:
    """Return the page of the sample services, read from their packs."""
    lines = [
        "# Sample services",
        "",
        "For authors of services and for visitors. The services of the State of Waha, each a",
        "pack under `src/taysir/country/services`. Their law is invented. *Prepared* services are",
        "complete and tested; the portal offers those that are *live*.",
        "",
        "| service | الخدمة | code | owner | is | decided by | asks | issues |",
        "|---|---|---|---|---|---|---|---|",
    ]
    packs = [load_pack(file.parent) for file in SERVICES.glob("*/service.yaml")]
    for pack in sorted(packs, key=lambda each: each.service.code):
        service = pack.service
        cells = [
            service.title["en"],
            service.title["ar"],
            f"`{service.code}`",
            service.owner.member,
            service.status,
            _who_decides(pack),
            " ".join(sorted({str(lookup.service).split("/")[2] for lookup in pack.lookups})),
            "; ".join(output.title["en"] for output in service.outputs) or "—",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        "`./taysir service check CODE`, `test CODE` and `strength CODE` run on each; write your",
        "own with [the tutorial](../tutorials/write-a-service.md).",
    ]
    return "\n".join(lines) + "\n"


def _who_decides(pack: Pack) -> str:
    """Say whether rules alone may grant, whether they refer some cases, or all."""
    may_grant = any(
        Role.SYSTEM in action.roles
        for stage in pack.flow.stages.values()
        for action in stage.actions.values()
        if action.name == "grant"
    )
    if not may_grant:
        return "an officer, always"
    return "rules, or an officer where they say so" if pack.plan.referrals else "rules"


PAGES: Final = {
    "command-line.md": commands_page,
    "errors.md": errors_page,
    "limits.md": limits_page,
    "sample-services.md": sample_services_page,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
