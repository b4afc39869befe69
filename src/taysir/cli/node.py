"""``taysir node``: an agency's own node, from its keys to the running process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from taysir.cli.admin_call import ask_admin
from taysir.cli.errors import CLI_NOT_FOUND
from taysir.cli.output import print_json, say
from taysir.exchange import process
from taysir.exchange.federation import Names
from taysir.exchange.joining import (
    SETTINGS,
    Plan,
    is_admitted,
    make_node,
    offer_service,
    pin_authority,
    send_request,
    take_admission,
)
from taysir.exchange.membership import request_name
from taysir.exchange.settings import read_settings
from taysir.exchange.trust_errors import EXC_MEMBERSHIP_WAITS
from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, Retry, declare
from taysir.kernel.identifiers import MemberId, ServiceId
from taysir.kernel.log import configure_logging

CLI_NODE_START = declare(
    "CLI-0602",
    status=500,
    ar="لم تصبح العقدة جاهزة خلال {seconds} ثانية؛ راجع السجل {log}.",
    en="The node was not ready within {seconds} seconds; see the log {log}.",
    remedy_ar="صحّح ما يذكره السجل ثم شغّل العقدة من جديد.",
    remedy_en="Mend what the log names, then start the node again.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The node's folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameAr = Annotated[str, typer.Option(help="The Arabic name.")]
NameEn = Annotated[str, typer.Option(help="The English name.")]


_LAST_FIRST_PORT: Final = 65535 - 3


def web_address(text: str) -> str:
    """Read the address of an option."""
    if text and not text.startswith(("http://", "https://")):
        raise typer.BadParameter(f"“{text}” is not an address like https://authority.example")
    return text


def register(app: typer.Typer) -> None:
    """Add the verb."""
    group = typer.Typer(no_args_is_help=True, help="Make, join and run an agency's own node.")
    for name, run_verb in (
        ("init", init),
        ("join", join),
        ("offer", offer),
        ("run", run),
        ("stop", stop),
    ):
        group.command(name)(run_verb)
    app.add_typer(group, name="node")


def init(
    folder: FolderArgument,
    *,
    member: Annotated[str, typer.Option(help="The agency: INSTANCE/CLASS/MEMBER.")],
    name_ar: NameAr,
    name_en: NameEn,
    authority: Annotated[
        str, typer.Option(help="The authority's address, https://….", parser=web_address)
    ],
    system: Annotated[list[str] | None, typer.Option(help="Code of a system.")] = None,
    host: Annotated[str, typer.Option(help="The node's address.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=_LAST_FIRST_PORT, help="First of its four ports.")
    ] = 8200,
    zone: Annotated[str, typer.Option(help="Its residency zone.")] = "waha-1",
    time_stamp: Annotated[
        str, typer.Option(help="RFC 3161 authority for the log.", parser=web_address)
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make the keys and settings of a new node; nothing leaves the folder yet."""
    plan = Plan(
        member=MemberId.parse(member),
        name=Names(ar=name_ar, en=name_en),
        authority=authority,
        systems=tuple(system or ("main",)),
        host=host,
        port=port,
        zone=zone,
        time_stamp=time_stamp,
    )
    file = make_node(folder, plan)
    if as_json:
        print_json({"ok": True, "settings": str(file)})
    else:
        say(f"المفاتيح والإعدادات في {folder}", f"Keys and settings are in {folder}")


def join(
    folder: FolderArgument,
    wait: Annotated[int, typer.Option(help="Wait so many seconds for the approval.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask the authority for membership; once approved, install the certificates."""
    fingerprint = pin_authority(folder)
    number = send_request(folder)
    state = "approved" if _admitted(folder, seconds=wait) else "waiting"
    if as_json:
        print_json({"ok": True, "request": number, "state": state, "authority": fingerprint})
        return
    say(f"بصمة السلطة: {fingerprint}", f"The authority's fingerprint: {fingerprint}")
    if state == "approved":
        say(f"الطلب {number} مقبول", f"Request {number} is approved")
    else:
        say(f"الطلب {number} ينتظر الموافقة", f"Request {number} waits for approval")


def offer(
    folder: FolderArgument,
    service: Annotated[str, typer.Argument(help="INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE.")],
    *,
    name_ar: NameAr,
    name_en: NameEn,
    url: Annotated[str, typer.Option(help="The system behind the service.")],
    openapi: Annotated[str, typer.Option(help="File or URL of its OpenAPI document.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Offer a data service: into the settings and into the request; then join and run again."""
    document = offer_service(
        folder,
        ServiceId.parse(service),
        name=Names(ar=name_ar, en=name_en),
        url=url,
        openapi=openapi,
    )
    number = request_name(document)
    if as_json:
        print_json({"ok": True, "service": service, "request": number})
    else:
        say(f"أضيفت {service}؛ أرسل الطلب: taysir node join", f"{service} is added; now join")


def run(
    folder: FolderArgument,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when the node is ready.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the node until Ctrl-C or SIGTERM, or in the background."""
    if not is_admitted(folder):
        take_admission(folder)
    if detach:
        _start(folder, as_json=as_json)
        return
    configure_logging(process="node")
    process.run(folder / SETTINGS)


def stop(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Stop a node that runs in the background."""
    file = folder / "node.pid"
    if not (folder / SETTINGS).is_file():
        raise Problem(CLI_NOT_FOUND, file=str(folder / SETTINGS))
    stopped = file.exists() and _runs(int(file.read_text("ascii")), folder)
    if stopped:
        _end(int(file.read_text("ascii")))
    file.unlink(missing_ok=True)
    if as_json:
        print_json({"ok": True, "stopped": stopped})
    elif stopped:
        say("أُوقفت العقدة.", "The node has stopped.")
    else:
        say("لم تكن تعمل في الخلفية.", "It was not running in the background.")


def _admitted(folder: Path, *, seconds: int) -> bool:
    """Fetch the decision, again and again as long as asked; a refusal is raised."""
    until = time.monotonic() + seconds
    while True:
        try:
            take_admission(folder)
        except Problem as problem:
            if problem.kind is not EXC_MEMBERSHIP_WAITS:
                raise
            if time.monotonic() >= until:
                return False
            time.sleep(0.5)
        else:
            return True


def _start(folder: Path, *, as_json: bool) -> None:
    settings = read_settings(folder / SETTINGS)
    log_file, pid_file = folder / "node.log", folder / "node.pid"
    before = int(pid_file.read_text("ascii")) if pid_file.exists() else 0
    command = [sys.executable, "-m", "taysir.cli", "node", "run", str(folder)]
    with log_file.open("ab") as log:
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    pid_file.write_text(str(started.pid), "ascii")
    address = f"http://{settings.host}:{settings.admin_port}"
    until = time.monotonic() + limits.PROCESS_READY_TIMEOUT_S
    # A node that ran before hands over and ends; until then it is the one that answers.
    while (before and _runs(before, folder)) or not _is_ready(address):
        if started.poll() is not None or time.monotonic() >= until:
            seconds = int(limits.PROCESS_READY_TIMEOUT_S)
            raise Problem(CLI_NODE_START, seconds=seconds, log=str(log_file))
        time.sleep(0.05)
    face = f"http://{settings.host}:{settings.face_port}"
    if as_json:
        print_json({"ok": True, "pid": started.pid, "face": face, "admin": address})
    else:
        say(f"العقدة تعمل: {face}", f"The node runs: {face}")


def _is_ready(address: str) -> bool:
    try:
        ask_admin(address, "/ready")
    except Problem:
        return False
    return True


def _runs(pid: int, folder: Path) -> bool:
    """Whether a process is this folder's node and not another that got its number."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(str(folder)) in command


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + limits.PROCESS_STOP_TIMEOUT_S
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
