"""``taysir service strength``: which parts of the law no test of a pack would notice changing."""

from __future__ import annotations

import typer
from rich.progress import track

from taysir.cli.output import console, errors, print_json
from taysir.cli.service_packs import JsonOption, LanguageOption, PackArgument, load, spoken
from taysir.engine.scenarios import run_scenario
from taysir.engine.strength import changes, is_noticed
from taysir.kernel.errors import Mender, Problem, Retry, declare

CLI_TESTS_FAIL = declare(
    "CLI-0302",
    status=409,
    ar="لا تنجح اختبارات الحزمة {pack} كما هي.",
    en="The tests of the pack {pack} do not pass as they are.",
    remedy_ar="اجعلها تنجح أولا: ‎./taysir service test {pack}",
    remedy_en="Make them pass first: ./taysir service test {pack}",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)


def strength(
    pack: PackArgument, as_json: JsonOption = False, language: LanguageOption = ""
) -> None:
    """Change each rule a little and say which changes the pack's own tests would not notice."""
    words = spoken(language)
    loaded, scenarios = load(pack, words, as_json=as_json)
    if any(not run_scenario(loaded, scenario).passed for scenario in scenarios):
        raise Problem(CLI_TESTS_FAIL, pack=pack)
    tried = changes(loaded)
    shown = track(tried, console=errors, transient=True, disable=as_json, description=pack)
    outcomes = [(change, is_noticed(loaded, change, scenarios)) for change in shown]
    valid = [change for change, noticed in outcomes if noticed is not None]
    missed = [change for change, noticed in outcomes if noticed is False]
    if as_json:
        print_json(
            {
                "pack": pack,
                "changes": len(valid),
                "noticed": len(valid) - len(missed),
                "unnoticed": [change.as_json() for change in missed],
            }
        )
    else:
        for change in missed:
            line = f"{change.place.file}:{change.place.line}: {change.was}  →  {change.becomes}"
            console.print(line, markup=False, soft_wrap=True)
        noticed, total = len(valid) - len(missed), len(valid)
        told = {
            "ar": f"التغييرات التي لوحظت: {noticed} من {total}",
            "en": f"{noticed} of {total} changes noticed",
        }
        console.print(told[words])
    raise typer.Exit(1 if missed else 0)
