"""Every version of a service that a case is pinned to is kept, and found and proven by its hash."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec
import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.pack import load_pack
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.transactions.catalogue.errors import TRX_PACK_MISSING
from taysir.transactions.catalogue.models import KeptPack
from taysir.transactions.catalogue.packs import installed, offer_of, offer_with, offers
from taysir.transactions.catalogue.versions import keep, kept_pack, pack_files, unpack_files
from tests.transactions.conftest import Town
from tests.transactions.services import change, live_copy, offering

NAME = "trade_name_reservation"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return the folder of a version that will be replaced."""
    return live_copy(NAME, to=tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Return the folder of the version that replaces it."""
    folder = live_copy(NAME, to=tmp_path / "new")
    change(folder, "service.yaml", old="حجز اسم تجاري", new="حجز اسم للتجارة")
    return folder


def test_a_replaced_version_is_found_by_its_hash(town: Town, old: Path, new: Path) -> None:
    before = load_pack(old)
    keep(before, at=timezone.now())
    with offering(new):
        assert offer_of(before.service.code).pack.hash != before.hash
        found = offer_with(before.hash)
    assert found.pack.hash == before.hash
    assert found.pack.service.title["ar"] == "حجز اسم تجاري"


def test_the_templates_of_a_kept_version_lie_as_files(town: Town, old: Path) -> None:
    pack = load_pack(old)
    keep(pack, at=timezone.now())
    _, folder = kept_pack(pack.hash)
    for name in ("reservation.typ", "reservation.yaml", "sheet.typ"):
        kept, original = folder / "templates" / name, old / "templates" / name
        assert kept.read_bytes() == original.read_bytes()


def test_a_version_is_kept_once_and_without_its_tests(town: Town, old: Path) -> None:
    pack = load_pack(old)
    keep(pack, at=timezone.now())
    keep(pack, at=timezone.now())
    row = KeptPack.objects.get()
    names = unpack_files(bytes(row.files))
    assert "service.yaml" in names
    assert not [name for name in names if name.startswith("tests/")]


def test_what_is_installed_is_kept_when_the_portal_starts(town: Town, old: Path) -> None:
    with offering(old):
        call_command("migrate", verbosity=0, interactive=False)
    assert KeptPack.objects.filter(pk=load_pack(old).hash).exists()


def test_a_version_that_was_never_kept_is_missing(town: Town) -> None:
    with pytest.raises(Problem) as caught:
        offer_with("0" * 64)
    assert caught.value.kind is TRX_PACK_MISSING


def test_an_altered_version_is_not_used(town: Town, old: Path, new: Path) -> None:
    pack, other = load_pack(old), load_pack(new)
    keep(pack, at=timezone.now())
    KeptPack.objects.filter(pk=pack.hash).update(files=pack_files(other.files))
    with offering(new), pytest.raises(Problem) as caught:
        offer_with(pack.hash)
    assert caught.value.kind is TRX_PACK_MISSING


def test_a_damaged_version_is_not_used(town: Town, old: Path, new: Path) -> None:
    pack = load_pack(old)
    keep(pack, at=timezone.now())
    KeptPack.objects.filter(pk=pack.hash).update(files=b"not packed")
    with offering(new), pytest.raises(Problem) as caught:
        offer_with(pack.hash)
    assert caught.value.kind is TRX_PACK_MISSING


def test_a_prepared_service_is_installed_but_not_offered(town: Town, old: Path) -> None:
    change(old, "service.yaml", old="status: live", new="status: prepared")
    with offering(old):
        assert offers() == ()
        assert [offer.pack.service.code for offer in installed()] == ["trade-name-reservation"]
        with pytest.raises(Problem):
            offer_of("trade-name-reservation")


@given(files=st.dictionaries(st.text(max_size=20), st.binary(max_size=200), max_size=5))
def test_files_come_out_as_they_went_in(files: dict[str, bytes]) -> None:
    covered = {name: data for name, data in files.items() if not name.startswith("tests/")}
    assert unpack_files(pack_files(files)) == covered


@given(data=st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not packed"):
        unpack_files(data)


def test_files_may_fill_the_limit_and_no_more() -> None:
    frame = len(msgspec.msgpack.encode({"a": b"x" * 70_000})) - 70_000
    fitting = {"a": b"x" * (limits.KEPT_PACK_BYTES - frame)}
    assert unpack_files(pack_files(fitting)) == fitting
    larger = {"a": fitting["a"] + b"x"}
    beyond = zlib.compress(msgspec.msgpack.encode(larger), 1)
    with pytest.raises(ValueError, match="bytes"):
        unpack_files(beyond)
