"""The launcher finds its folder, makes its environment once, and says what it lacks."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "cksum", "dirname", "readlink", "mkdir", "rm", "tail", "grep", "flock")
PYTHON = '#!/bin/sh\necho "$TAYSIR_ROOT" "$@"\n'


class Clone:
    """A clone without its sources, and a machine with a few programs only."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.root.mkdir()
        for name in ("taysir", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root / name)
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (self.programs / name).symlink_to(found)

    def add_program(self, name: str, text: str) -> None:
        """Put a program on the machine."""
        file = self.programs / name
        file.write_text(text, "utf-8")
        file.chmod(0o755)

    def make_environment(self) -> None:
        """Put an environment beside the launcher, as a first run leaves it."""
        python = self.root / ".venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON, "utf-8")
        python.chmod(0o755)
        files = (self.root / "pyproject.toml", self.root / "constraints.txt")
        made_of = b"".join(file.read_bytes() for file in files) + f"{self.root}\n".encode()
        stamp = subprocess.run(["cksum"], input=made_of, capture_output=True, check=True).stdout
        (self.root / ".venv/.taysir-run").write_bytes(stamp)

    def start(self, *words: str, at: Path | None = None) -> subprocess.Popen[str]:
        """Start the launcher from a folder that is not its own."""
        return subprocess.Popen(
            [str(at or self.root / "taysir"), *words],
            cwd=self.programs,
            env={"PATH": str(self.programs)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, at: Path | None = None) -> tuple[int, str, str]:
        """Run the launcher to its end."""
        with self.start(*words, at=at) as started:
            out, err = started.communicate(timeout=60)
        return started.returncode, out, err


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone on a machine without Python."""
    return Clone(tmp_path)


def test_it_runs_from_any_folder_and_through_links(clone: Clone, tmp_path: Path) -> None:
    """A link to a link, one of them relative, still finds the clone; nothing else is printed."""
    clone.make_environment()
    first, second = tmp_path / "first", tmp_path / "second"
    first.symlink_to("clone/taysir")
    second.symlink_to(first)
    said = (0, f"{clone.root} -m taysir.cli verify a b\n", "")

    assert clone.run("verify", "a b") == said
    assert clone.run("verify", "a b", at=second) == said


def test_without_a_python_it_says_what_is_needed(clone: Clone) -> None:
    """In both languages, with exit code 2; an old Python does not count."""
    clone.add_program("python3", "#!/bin/sh\nexit 1\n")

    code, out, err = clone.run("up")

    assert (code, out) == (2, "")
    assert "Python 3.11 or newer" in err
    assert "بايثون 3.11" in err
    assert "preparing" not in err


def test_what_keeps_the_packages_away_is_shown(clone: Clone) -> None:
    """The errors of the log, and what to look at; the next run tries again."""
    clone.add_program("uv", "#!/bin/sh\necho quiet; echo 'error: no route to host'; exit 1\n")

    for _ in range(2):
        code, _out, err = clone.run("up")

        assert code == 2
        assert "error: no route to host" in err
        assert "quiet" not in err
        assert "تحقق من الشبكة" in err


def test_an_environment_of_another_place_is_made_anew(clone: Clone, tmp_path: Path) -> None:
    """A clone that was moved would run the sources of its old place."""
    clone.make_environment()
    clone.root.rename(tmp_path / "moved")

    code, _out, err = clone.run("up", at=tmp_path / "moved/taysir")

    assert code == 2
    assert "Python 3.11" in err


def test_a_folder_that_may_not_be_written_is_named(clone: Clone) -> None:
    """Before anything is made; an environment that is there is used all the same."""
    (clone.root / "var").write_bytes(b"")

    code, _out, err = clone.run("up")

    assert code == 2
    assert f"the folder {clone.root} may not be written" in err
    clone.make_environment()
    assert clone.run("up")[0] == 0


def test_a_second_first_run_waits_for_the_first(clone: Clone) -> None:
    """It says so, makes nothing itself, and goes on with what the first one made."""
    (clone.root / "var").mkdir()
    with (clone.root / "var/environment.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with clone.start("up") as waiting:
            assert waiting.stderr is not None
            assert "another run" in waiting.stderr.readline()
            clone.make_environment()
            fcntl.flock(lock, fcntl.LOCK_UN)
            out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (0, f"{clone.root} -m taysir.cli up\n")
    assert "preparing" not in err
