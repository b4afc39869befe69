"""``taysir service diff | replay | law``: what a change of the law does before it is published.

``diff`` says in words what a new version changes and for whom; ``replay`` decides stored cases
again under a draft, on all processors, with flat memory; ``law`` prints the register of articles
that services rest on.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer

from taysir.cli.output import print_json
from taysir.cli.service_packs import (
    SERVICES,
    JsonOption,
    LanguageOption,
    PackArgument,
    day,
    load,
    locate,
    siblings,
    spoken,
)
from taysir.engine.diff import compare_packs
from taysir.engine.diff_outcomes import changed_outcomes
from taysir.engine.law import RegisteredArticle, register_of, words_of_validity, write_register
from taysir.engine.pack import load_pack
from taysir.engine.replay import Replay, Tally, chunks, report
from taysir.kernel.errors import Language
from taysir.kernel.money import Money

_BEHIND = 4
"""Chunks waiting for each process: enough to keep it busy, few enough to keep memory flat."""


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The version in force")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The version to be published")],
    as_json: JsonOption = False,
    language: LanguageOption = "",
) -> None:
    """Say in words what a new version changes, for whom, and which boundary cases differ."""
    words = spoken(language)
    before, _ = load(old, words, as_json=as_json)
    after, _ = load(new, words, as_json=as_json)
    changes = compare_packs(before, after)
    tried, outcomes = changed_outcomes(before, after)
    if as_json:
        print_json(
            {
                "old": before.hash,
                "new": after.hash,
                "changes": [change.as_json() for change in changes],
                "cases_tried": tried,
                "outcomes": [outcome.as_json() for outcome in outcomes],
            }
        )
        return
    for change in changes:
        print(change.in_words(words))
    if not changes:
        print({"ar": "لا فرق.", "en": "No difference."}[words])
    heading = {"ar": "من {n} حالة حدّية تغيّر:", "en": "Of {n} boundary cases, changed:"}
    print(heading[words].format(n=tried), sum(outcome.cases for outcome in outcomes))
    for outcome in outcomes:
        print(f"  {outcome.cases} × {outcome.what[words]} ({outcome.example})")


def replay(
    pack: PackArgument,
    *,
    draft: Annotated[str, typer.Option("--draft", help="The version to try")],
    cases: Annotated[Path, typer.Option("--cases", help="Stored cases, one JSON object a line")],
    law_of: Annotated[
        date | None,
        typer.Option("--law-of", parser=day, help="Apply the draft as it is law on this day"),
    ] = None,
    processes: Annotated[int, typer.Option("--processes", min=0, help="0: one a processor")] = 0,
    as_json: JsonOption = False,
    language: LanguageOption = "",
) -> None:
    """Decide stored cases again under a draft: who is touched, how many, how much."""
    words = spoken(language)
    before, _ = load(pack, words, as_json=as_json)
    after, _ = load(draft, words, as_json=as_json)
    started = time.perf_counter()
    count = processes or os.cpu_count() or 1
    if count == 1:
        tally = Tally()
        for chunk in _lines(cases):
            tally.merge(Replay(before, after, law_of).run(chunk))
    else:
        tally = _in_processes(cases, (str(locate(pack)), str(locate(draft)), law_of), count)
    elapsed = time.perf_counter() - started
    told = {**report(tally, after), "elapsed_s": round(elapsed, 2)}
    if as_json:
        print_json(told)
    else:
        _print_replay(told, words)
    raise typer.Exit(1 if told["failed"] or not told["cases"] else 0)


def _lines(cases: Path) -> Iterator[list[bytes]]:
    with cases.open("rb") as stream:
        yield from chunks(stream)


_REPLAYS: dict[str, Replay] = {}
"""The replay of a worker process, loaded once when the process starts."""


def _begin(pack: str, draft: str, law_of: date | None) -> None:
    _REPLAYS["here"] = Replay(load_pack(Path(pack)), load_pack(Path(draft)), law_of)


def _run(chunk: list[bytes]) -> Tally:
    return _REPLAYS["here"].run(chunk)


def _in_processes(cases: Path, arguments: tuple[str, str, date | None], count: int) -> Tally:
    """Hand the lines out to processes, never more than a few chunks ahead of them."""
    tally = Tally()
    waiting: deque[Future[Tally]] = deque()
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_begin, initargs=arguments
    )
    with pool:
        for chunk in _lines(cases):
            waiting.append(pool.submit(_run, chunk))
            while len(waiting) > count * _BEHIND:
                tally.merge(waiting.popleft().result())
        while waiting:
            tally.merge(waiting.popleft().result())
    return tally


def _print_replay(told: dict[str, Any], words: Language) -> None:
    heading = {
        "ar": "الحالات: {cases}، تغيّر منها: {changed}، تعذّر: {failed} ({elapsed_s} ث)",
        "en": "{cases} cases, {changed} changed, {failed} failed ({elapsed_s} s)",
    }
    print(heading[words].format_map(told))
    for item in told["outcomes"]:
        mark = "" if item["before"] == item["after"] else " *"
        print(f"  {item['before']} → {item['after']}: {item['cases']}{mark}")
    line = {
        "ar": "{label}: قبل {before}، بعد {after}، الفرق {difference}؛"
        " يزيد على {more} وينقص عن {less}",
        "en": "{label}: before {before}, after {after}, difference {difference};"
        " more for {more}, less for {less}",
    }
    for item in told["money"]:
        amounts = {key: Money(item[key]).format(words) for key in ("before", "after", "difference")}
        print(line[words].format_map({**item, **amounts, "label": item["label"][words]}))
    group = {
        "ar": "  {label} = {value}: تغيّر {changed} من {cases}",
        "en": "  {label} = {value}: {changed} of {cases} changed",
    }
    for item in told["groups"]:
        value = item["value_label"].get(words, item["value"])
        label = item["label"][words]
        print(group[words].format_map({**item, "label": label, "value": value}))
    for code, count in told["failures"].items():
        print(f"  {code}: {count}")


def law(
    directory: Annotated[
        Path | None, typer.Argument(help="A directory of packs; the sample services without it")
    ] = None,
    on: Annotated[
        date | None, typer.Option("--on", parser=day, help="Only what is law on this day")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the register, for check --register")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "",
) -> None:
    """Print the articles that services rest on, since when, and what rests on each."""
    words = spoken(language)
    register = register_of(siblings(directory or SERVICES))
    if output is not None:
        output.write_text(write_register(register), "utf-8")
    entries = register.in_force(on) if on else tuple(register.articles.values())
    if as_json:
        print_json(
            {
                "articles": [entry.as_json() for entry in entries],
                "contradictions": [[a.as_json(), b.as_json()] for a, b in register.contradictions],
            }
        )
    else:
        _print_articles(entries, words)
        for one, other in register.contradictions:
            print(f"! {one.code}: {one.valid_from} ({one.place}) / {other.valid_from}")
    raise typer.Exit(1 if register.contradictions else 0)


def _print_articles(entries: Iterable[RegisteredArticle], words: Language) -> None:
    for entry in entries:
        days = words_of_validity(entry.valid_from, entry.valid_until)
        print(f"{entry.code}: {entry.title[words]} ({days})")
        for use in entry.uses:
            print(f"    {use}")
