"""Where the running sample country keeps its files and which ports it listens on.

One folder holds everything, one base port fixes all the others, so that two countries can run side
by side on one machine. This module computes names; it creates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
"""Everything of the sample country listens on loopback only."""

INSTANCE: Final = "WAHA"

NODE_MEMBERS: Final = {
    "trf": ("TRF",),
    "civ": ("CIV", "PST"),
    "state": ("HLT", "JUS", "COM", "MUN", "SOC", "EMP", "INS", "PAY"),
    "prg": ("PRG",),
}
"""Which members each node carries."""

REGISTRIES: Final = (
    "CIV/persons",
    "TRF/licences",
    "TRF/fines",
    "TRF/renewals",
    "HLT/fitness",
    "JUS/suspensions",
    "PST/addresses",
)
"""The data services of the sample registries, in the order of their ports."""

_PORTAL, _PROGRAMME, _IDENTITY, _TREASURY = 0, 1, 2, 3
_AUTHORITY, _CONTROL, _INTAKE = 10, 11, 12
_FACE, _ADMIN, _PEER, _LOG, _REGISTRY = 20, 30, 40, 45, 50
PORT_SPAN: Final = 60
"""Ports from the base on that belong to one country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryLayout:
    """The files and ports of one running sample country."""

    root: Path
    base_port: int = 8000

    # --- files ---

    @property
    def manifest(self) -> Path:
        """What the folder holds; written last, so its presence means the folder is complete."""
        return self.root / "country.json"

    @property
    def unfinished(self) -> Path:
        """Present while the folder is being made; its contents may then be made anew."""
        return self.root / "unfinished"

    @property
    def lock(self) -> Path:
        """Locked by the supervisor as long as it lives."""
        return self.root / "running.lock"

    @property
    def state(self) -> Path:
        """What runs now: processes, ports, start time."""
        return self.root / "running.json"

    @property
    def authority(self) -> Path:
        """The authority's keys, the member CA and the federation document."""
        return self.root / "authority"

    @property
    def registries(self) -> Path:
        """One database an agency."""
        return self.root / "registries"

    @property
    def portal(self) -> Path:
        """The database and documents of the portal."""
        return self.root / "portal"

    @property
    def programme(self) -> Path:
        """The database of the programme office."""
        return self.root / "programme"

    def node(self, name: str) -> Path:
        """The folder of one node: keys, agreements, journal, index."""
        return self.root / "nodes" / name

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.root / "logs" / f"{process}.log"

    def settings(self, process: str) -> Path:
        """The settings file of one process."""
        return self.root / "settings" / f"{process}.json"

    # --- ports and addresses ---

    @property
    def portal_port(self) -> int:
        """The citizen portal."""
        return self.base_port + _PORTAL

    @property
    def programme_port(self) -> int:
        """The programme office's pages."""
        return self.base_port + _PROGRAMME

    @property
    def identity_port(self) -> int:
        """The sample national identity provider."""
        return self.base_port + _IDENTITY

    @property
    def treasury_port(self) -> int:
        """The sample treasury."""
        return self.base_port + _TREASURY

    @property
    def authority_port(self) -> int:
        """Where the federation document is published."""
        return self.base_port + _AUTHORITY

    @property
    def control_port(self) -> int:
        """Where single registries are stopped and started."""
        return self.base_port + _CONTROL

    @property
    def intake_port(self) -> int:
        """Where the programme's node delivers case events."""
        return self.base_port + _INTAKE

    def face_port(self, node: str) -> int:
        """The information-system face of a node."""
        return self.base_port + _FACE + list(NODE_MEMBERS).index(node)

    def admin_port(self, node: str) -> int:
        """The admin face of a node."""
        return self.base_port + _ADMIN + list(NODE_MEMBERS).index(node)

    def peer_port(self, node: str) -> int:
        """The mutual-TLS face of a node."""
        return self.base_port + _PEER + list(NODE_MEMBERS).index(node)

    def log_port(self, node: str) -> int:
        """The transparency log and the witness of a node."""
        return self.base_port + _LOG + list(NODE_MEMBERS).index(node)

    def registry_port(self, registry: str) -> int:
        """The data service of one registry, e.g. ``CIV/persons``."""
        return self.base_port + _REGISTRY + REGISTRIES.index(registry)

    def url(self, port: int) -> str:
        """The address of a port for a browser or a client."""
        return f"http://{HOST}:{port}"

    def every_port(self) -> list[int]:
        """Every port that the country listens on."""
        nodes = list(NODE_MEMBERS)
        kinds = (self.face_port, self.admin_port, self.peer_port, self.log_port)
        faces = [face(n) for n in nodes for face in kinds]
        single = [self.portal_port, self.programme_port, self.identity_port, self.treasury_port]
        inner = [self.authority_port, self.control_port, self.intake_port]
        return [*single, *inner, *faces, *(self.registry_port(r) for r in REGISTRIES)]


def node_of(member: str) -> str:
    """Return the node that carries a member's traffic; raises KeyError for an unknown member."""
    for node, members in NODE_MEMBERS.items():
        if member in members:
            return node
    raise KeyError(member)
