"""``taysir up``, ``down`` and ``status``: the whole sample country on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from taysir.cli.output import console, errors, print_json, program_name, say, speaks_arabic
from taysir.country import folder, running
from taysir.country.folder import UpOptions
from taysir.country.layout import CountryLayout
from taysir.country.running import RunningCountry
from taysir.kernel import limits

DataOption = Annotated[
    Path | None, typer.Option("--data", help="The country's folder.", show_default="var/waha")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the three verbs."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(  # noqa: PLR0917 - typer reads the options from the signature
    port: Annotated[int, typer.Option(help="The portal's port; others follow it.")] = 8000,
    data: DataOption = None,
    population: Annotated[
        int | None,
        typer.Option(
            min=limits.POPULATION_MIN, max=limits.POPULATION_MAX, help="Persons to generate."
        ),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Delete the folder's data and start anew.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when everything is ready.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Start the State of Waha: authority, nodes, registries, portal, programme office."""
    layout = CountryLayout(root=running.data_folder(data), base_port=port)
    options = UpOptions(population=population, reset=reset)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=as_json,
    ) as progress:
        bar = progress.add_task("…", total=1.0)

        def show(step: str, share: float) -> None:
            progress.update(bar, description=step, completed=share)

        running.refuse_if_running(layout.root)
        folder.prepare(layout, options=options, progress=show)
    if detach:
        country = running.start_detached(layout)
        _announce(country, as_json=as_json)
        if not as_json:
            _say_next(country, here=False)
    else:
        running.run_in_foreground(layout, on_ready=lambda c: _announce_here(c, as_json=as_json))


def down(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Stop the sample country; its data stay."""
    stopped = running.stop(running.data_folder(data))
    if as_json:
        print_json({"ok": True, "stopped": stopped})
    elif stopped:
        say(
            "توقفت الدولة النموذجية؛ بياناتها محفوظة.",
            "The sample country has stopped; its data stay.",
        )
    else:
        say("لم تكن تعمل.", "It was not running.")


def status(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show what runs, where to open it and how much memory it takes."""
    country = running.find(running.data_folder(data))
    report = running.describe(country)
    if as_json:
        print_json(report)
    else:
        _announce(country, as_json=False)
        _say_next(country, here=False)
        for process in report["processes"]:
            mark = "[green]●[/]" if process["ready"] else "[red]●[/]"
            console.print(f"  {mark} {process['name']:<14} {process['memory_mb']:>6.1f} MB")
        total = "المجموع" if speaks_arabic() else "together"
        console.print(f"    {total:<14} {report['memory_mb']:>6.1f} MB")
    raise typer.Exit(0 if report["ok"] else 1)


def _announce(country: RunningCountry, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, **running.addresses(country)})
        return
    places = running.addresses(country)
    say("دولة الواحة تعمل. افتح:", "The State of Waha is running. Open:")
    for name_ar, name_en, url in (
        ("بوابة الخدمات", "Citizen portal", places["portal"]),
        ("مؤشرات البرنامج", "Programme figures", places["programme"]),
    ):
        say(f"  {name_ar}: {url}", f"  {name_en}: {url}")
    say("ادخل باسم إحدى هذه الشخصيات:", "Sign in as one of these people:")
    for persona in places["personas"]:
        say(
            f"  {persona['national_id']}  {persona['name_ar']}: {persona['story_ar']}",
            f"  {persona['national_id']}  {persona['name_en']}: {persona['story_en']}",
        )
    say(
        f"كلمة المرور لكل شخصية: {places['password']}", f"Everyone's password: {places['password']}"
    )


def _announce_here(country: RunningCountry, *, as_json: bool) -> None:
    """Announce a country that this terminal runs, so that Ctrl-C ends it."""
    _announce(country, as_json=as_json)
    if not as_json:
        _say_next(country, here=True)


def _say_next(country: RunningCountry, *, here: bool) -> None:
    """Say how to see it prove itself and how to stop it, with this very folder."""
    root = country.layout.root
    folder = "" if root == running.data_folder(None) else f" --data {root}"
    tour, down = f"{program_name()} tour{folder}", f"{program_name()} down{folder}"
    say(f"لترى إثبات كل خطوة: {tour}", f"To see each step proved: {tour}")
    if here:
        say("للإيقاف: Ctrl-C", "To stop: Ctrl-C")
    else:
        say(f"للإيقاف: {down}", f"To stop: {down}")
