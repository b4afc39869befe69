"""Words, files and folders that a verb cannot use are told in both languages, never raised."""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import typer

from taysir.cli import VERBS, build_app, run
from taysir.cli.errors import problem_of
from taysir.cli.output import program_name, speaks_arabic

LANGUAGE = ("LC_ALL", "LC_MESSAGES", "LANG")


def leaves(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the words of every command below a group, groups included."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from leaves(below, (*path, name))


NODE = ("node", "init", "new", "--member", "WAHA/GOV/A", "--name-ar", "س", "--name-en", "A")
COMMAND = typer.main.get_command(build_app(list(VERBS)))
EVERY = sorted(leaves(COMMAND))


@functools.cache
def app(verb: str) -> typer.Typer:
    """Return the command line of one verb, or of all for a word that is none."""
    return build_app([verb] if verb in VERBS else list(VERBS))


def ran(*words: str) -> int:
    """Run one command and return its exit code."""
    return run(app(words[0]), list(words))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_explains_itself(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--help` names the command as a person calls it."""
    assert ran(*words, "--help") == 0

    shown = capsys.readouterr().out
    assert " ".join([f"Usage: {program_name()}", *words]) in shown


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_option_says_what_it_is_for(words: tuple[str, ...]) -> None:
    """No argument and no option is without its help."""
    command: object = COMMAND
    for word in words:
        command = getattr(command, "commands", {})[word]

    params = getattr(command, "params", [])
    assert [] == [each.name for each in params if not getattr(each, "help", None)]


@pytest.mark.parametrize("words", [w for w in EVERY if w != ("test",)], ids=" ".join)
def test_an_unknown_option_is_refused(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A programmer gets one JSON document with a code; `test` hands its options to pytest."""
    assert ran(*words, "--no-such-option", "--json") == 2

    told = orjson.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["error"]["code"] == "CLI-0001"


def test_a_misunderstood_command_is_told_in_both_languages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is wrong, in Arabic and English, and how to ask for help; nothing on standard output."""
    assert ran("node", "init", "folder") == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Missing option '--member'" in shown.err
    assert "لم يُفهم الأمر" in shown.err
    assert f"{program_name()} node init --help" in shown.err


def test_a_verb_that_is_mistyped_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest verb is named."""
    assert ran("verfy") == 2

    assert "verify" in capsys.readouterr().err


def test_a_group_without_its_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The commands of the group are listed, and the exit code says that nothing was done."""
    assert ran("agreement") == 2

    assert "propose" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("verify", "gone"), "CLI-0002"),
        (("verify", "folder"), "CLI-0003"),
        (("service", "law", "file"), "CLI-0003"),
        (("service", "law", "folder", "-o", "folder"), "CLI-0003"),
        (("service", "explain", "--decision", "gone"), "CLI-0002"),
        (("service", "check", "fines", "--on", "tomorrow"), "CLI-0001"),
        (
            (
                "service",
                "replay",
                "licence-renewal",
                "--draft",
                "licence-renewal",
                "--cases",
                "gone",
            ),
            "CLI-0002",
        ),
        (("dmn", "tck", "gone"), "CLI-0002"),
        (("dmn", "tck", "file"), "CLI-0003"),
        (("dmn", "convert", "gone", "-o", "made.dmn"), "CLI-0002"),
        (("node", "stop", "folder"), "CLI-0002"),
        ((*NODE, "--authority", "office"), "CLI-0001"),
        ((*NODE, "--authority", "http://office", "--port", "65533"), "CLI-0001"),
        ((*NODE, "--authority", "http://office", "--time-stamp", "clock"), "CLI-0001"),
        (("authority", "requests", "folder"), "EXC-0521"),
        (
            ("authority", "init", "new", "--instance", "و", "--name-ar", "س", "--name-en", "A"),
            "KRN-0001",
        ),
        (("bench", "speed"), "CLI-0101"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else each,
)
def test_what_cannot_be_used_is_named(
    words: tuple[str, ...],
    code: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A missing file, a folder for a file, a day that is none: a code, a remedy, exit code 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAYSIR_ROOT", str(Path(__file__).parents[2]))
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")

    assert ran(*words, "--json") == 2

    assert orjson.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_command_that_needs_the_sources_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installed Taysir has no tests and no benchmarks."""
    monkeypatch.setenv("TAYSIR_ROOT", str(tmp_path))

    assert (ran("bench"), ran("test")) == (2, 2)

    assert capsys.readouterr().err.count("CLI-0102") == 4


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, "CLI-0002"),
        (errno.EISDIR, "CLI-0003"),
        (errno.EACCES, "CLI-0004"),
        (errno.EROFS, "CLI-0004"),
        (errno.ENOSPC, "CLI-0005"),
        (errno.EEXIST, "CLI-0006"),
        (errno.EADDRINUSE, "CLI-0007"),
        (errno.EIO, "CLI-0008"),
    ],
)
def test_the_operating_systems_refusals_have_codes(number: int, code: str) -> None:
    """Each has a remedy of its own; what is not foreseen keeps the system's word."""
    problem = problem_of(OSError(number, os.strerror(number), "place"))

    assert problem.code == code
    assert ("place" in problem.title()) == (code not in {"CLI-0005", "CLI-0007", "CLI-0008"})


def test_a_refusal_without_a_file_keeps_the_systems_word() -> None:
    """A network that does not answer has no path to name."""
    assert problem_of(TimeoutError("timed out")).title() == (
        "The operating system refused: timed out."
    )


@pytest.mark.parametrize(
    ("values", "arabic"),
    [
        ((None, None, "ar_AE.UTF-8"), True),
        (("", None, "ar_AE.UTF-8"), True),
        (("C", None, "ar_AE.UTF-8"), False),
        ((None, "ar", "en_GB.UTF-8"), True),
        ((None, None, None), False),
    ],
)
def test_the_environment_chooses_the_language(
    values: tuple[str | None, ...], arabic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of the three variables that is set and not empty counts, as POSIX has it."""
    for name, value in zip(LANGUAGE, values, strict=True):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)

    assert speaks_arabic() is arabic
