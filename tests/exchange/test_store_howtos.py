"""The commands of the how-to pages about a node's evidence are run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.fsck import check_node
from taysir.testing.nodes import PERSONS, PURPOSE, TwoNodes, two_nodes
from tests.exchange.test_fsck import fill, leave_torn_batch
from tests.exchange.test_stores import Keeping, database

__all__ = ["database"]

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
APP = build_app(["backup", "restore", "fsck", "erase", "journal"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs one command in a folder of its own and returns what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    def one(words: list[str], *, code: int = 0) -> str:
        assert words[0] == "./taysir"
        result = CliRunner().invoke(APP, words[1:])
        assert result.exit_code == code, result.output
        return result.stdout

    return one


def commands(page: str, **values: str) -> Iterator[list[str]]:
    """The commands of a page in order, with its variables filled in."""
    for kind, text in BLOCK.findall((HOWTO / page).read_text("utf-8")):
        for line in text.splitlines() if kind == "sh" else ():
            yield shlex.split(re.sub(r"\$([A-Z]+)", lambda found: values[found[1]], line))


def test_back_up_a_node(run: Callable[..., str], tmp_path: Path) -> None:
    """The backup comes back whole."""
    node = tmp_path / "node"
    fill(node)
    printed = [run(words) for words in commands("back-up-a-node.md", NODE=str(node))]
    assert "40 records" in printed[0]
    assert "segments packed" in printed[1]
    assert "the chain holds" in printed[2]
    assert "Everything is whole" in printed[3]


def test_erase_a_person(run: Callable[..., str], tmp_path: Path) -> None:
    """The person's bodies are gone, and the keys were backed up anew."""
    person = "1000000008"
    with two_nodes(tmp_path) as nodes:
        ask_about(nodes, person)
        values = {"PERSON": person, "ADMIN": nodes.admin_url}
        page = commands("erase-a-person.md", NODE=str(tmp_path / "asking"), **values)
        printed = [run(words) for words in page]
    assert "Keys erased: 1." in printed[0]
    assert "Keys erased: 0." in printed[1]
    assert (tmp_path / "body-keys.tar").exists()
    assert check_node(tmp_path / "asking").clean


def test_the_arabic_page_gives_the_same_commands() -> None:
    """Both languages tell the same steps."""
    values = {"PERSON": "1", "ADMIN": "a", "NODE": "n"}
    arabic = commands("erase-a-person.ar.md", **values)
    assert list(arabic) == list(commands("erase-a-person.md", **values))


def ask_about(nodes: TwoNodes, person: str) -> None:
    with nodes.client() as client:
        answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE, subject=person)
    assert answer.status == 200


def test_repair_a_node(run: Callable[..., str], tmp_path: Path) -> None:
    """What the check finds, the repair mends."""
    fill(tmp_path / "node")
    leave_torn_batch(tmp_path / "node")
    check, repair = commands("repair-a-node.md", NODE=str(tmp_path / "node"))
    run(check, code=2)
    assert "EXC-0811" in run(repair, code=1)
    assert "Everything is whole" in run(check)


def test_every_code_of_the_page_is_explained_by_the_product() -> None:
    """The table of the page names the same codes as the catalogue of errors."""
    page = (HOWTO / "repair-a-node.md").read_text("utf-8")
    reference = (HOWTO.parent / "reference" / "errors.md").read_text("utf-8")
    codes = set(re.findall(r"EXC-\d{4}", page))
    assert len(codes) > 7
    assert all(code in reference for code in codes)


@pytest.mark.postgres
def test_move_to_postgresql(run: Callable[..., str], tmp_path: Path, database: Keeping) -> None:
    """The journal moves there, is found by the settings, and moves back."""
    node = tmp_path / "node"
    with two_nodes(tmp_path) as nodes:
        ask_about(nodes, "1000000008")
        settings = nodes.settings["asking"]
    (tmp_path / "asking").rename(node)
    page = "move-to-postgresql.md"
    [snippet] = [t for kind, t in BLOCK.findall((HOWTO / page).read_text()) if kind == "json"]
    told: dict[str, Any] = json.loads("{" + snippet.replace("$DATABASE", database.address) + "}")
    file = tmp_path / "settings.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(settings, **told)))
    values = {"NODE": str(node), "DATABASE": database.address, "SETTINGS": str(file)}
    there, check, back = commands(page, **values)
    assert "1 records moved" in run(there)
    assert "Everything is whole" in run(check)
    assert "1 records moved" in run(back)
