"""``taysir service strength``: which parts of the law no test of a pack would notice changing."""

from __future__ import annotations

import typer
from rich.progress import track

from taysir.cli.output import console, errors, print_json
from taysir.cli.service_packs import JsonOption, LanguageOption, PackArgument, load, spoken
from taysir.engine.scenarios import run_scenario
from taysir.engine.strength import changes, is_noticed


def strength(
    pack: PackArgument, as_json: JsonOption = False, language: LanguageOption = "en"
) -> None:
    """Change each rule a little and say which changes the pack's own tests would not notice."""
    loaded, scenarios = load(pack, spoken(language), as_json=as_json)
    if any(not run_scenario(loaded, scenario).passed for scenario in scenarios):
        errors.print("The pack's tests do not pass as they are: ./taysir service test", pack)
        raise typer.Exit(2)
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
        console.print(f"{len(valid) - len(missed)} of {len(valid)} changes noticed")
    raise typer.Exit(1 if missed else 0)
