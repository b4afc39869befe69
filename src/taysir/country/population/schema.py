"""The tables of the agencies' registries, as their own systems might have grown them.

Names and codes differ on purpose from what the data services answer: the mapping files of
``taysir.country.registries`` translate. Dates are ISO 8601 text. Indexes are made after the rows,
which is several times faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
"""Changes whenever a table or the generator changes; kept data of another version is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: the agency, its name, its columns with types, and what is indexed."""

    agency: str
    name: str
    columns: tuple[str, ...]
    indexes: tuple[str, ...] = ()

    @property
    def create(self) -> str:
        """The statement that makes the table."""
        return f"CREATE TABLE {self.name} ({', '.join(self.columns)})"

    @property
    def insert(self) -> str:
        """The statement that adds a row."""
        marks = ", ".join("?" * len(self.columns))
        return " ".join(("INSERT INTO", self.name, "VALUES", f"({marks})"))

    @property
    def create_indexes(self) -> tuple[str, ...]:
        """The statements that make the indexes; a leading ``!`` means unique."""
        return tuple(
            f"CREATE {'UNIQUE ' if column[0] == '!' else ''}INDEX "
            f"IX_{self.name}_{number} ON {self.name} ({column.lstrip('!')})"
            for number, column in enumerate(self.indexes)
        )


PERSON: Final = Table(
    agency="CIV",
    name="CIV_PERSON",
    columns=(
        "NID TEXT NOT NULL",
        "FAM_NO INTEGER NOT NULL",
        "SEX_CD TEXT NOT NULL",
        *(f"{part}_AR TEXT NOT NULL" for part in ("FRST", "FTHR", "GRND", "FMLY")),
        *(f"{part}_EN TEXT NOT NULL" for part in ("FRST", "FTHR", "GRND", "FMLY")),
        "SRCH_KEY TEXT NOT NULL",
        "BRTH_DT TEXT NOT NULL",
        "NAT_CD TEXT NOT NULL",
        "LIFE_ST_CD TEXT NOT NULL",
        "DEATH_DT TEXT",
        "ID_EXP_DT TEXT",
        "FTHR_NID TEXT",
        "MTHR_NID TEXT",
    ),
    indexes=("!NID", "SRCH_KEY", "FTHR_NID", "MTHR_NID"),
)
MARRIAGE: Final = Table(
    agency="CIV",
    name="CIV_MARRIAGE",
    columns=("HSB_NID TEXT NOT NULL", "WIF_NID TEXT NOT NULL", "MRG_DT TEXT NOT NULL"),
    indexes=("HSB_NID", "WIF_NID"),
)
LICENCE: Final = Table(
    agency="TRF",
    name="DL_LICENCE",
    columns=(
        "LIC_NO TEXT NOT NULL",
        "HLDR_NID TEXT NOT NULL",
        "CAT_LST TEXT NOT NULL",
        "RSTR_LST TEXT NOT NULL",
        "ISS_DT TEXT NOT NULL",
        "EXP_DT TEXT NOT NULL",
        "STAT_CD TEXT NOT NULL",
    ),
    indexes=("!HLDR_NID", "!LIC_NO"),
)
VEHICLE: Final = Table(
    agency="TRF",
    name="VEH_REGISTER",
    columns=(
        "PLATE_NO TEXT NOT NULL",
        "OWNR_NID TEXT NOT NULL",
        "MAKE_TXT TEXT NOT NULL",
        "MODEL_YR INTEGER NOT NULL",
        "REG_EXP_DT TEXT NOT NULL",
    ),
    indexes=("OWNR_NID",),
)
VIOLATION: Final = Table(
    agency="TRF",
    name="VIO_TICKET",
    columns=(
        "TKT_NO TEXT NOT NULL",
        "DRVR_NID TEXT NOT NULL",
        "VIO_DT TEXT NOT NULL",
        "VIO_CD TEXT NOT NULL",
        "AMT_QIRSH INTEGER NOT NULL",
        "PAID_TS TEXT",
    ),
    indexes=("DRVR_NID",),
)
RENEWAL: Final = Table(
    agency="TRF",
    name="DL_RENEWAL",
    columns=(
        "CASE_NO TEXT NOT NULL PRIMARY KEY",
        "HLDR_NID TEXT NOT NULL",
        "OLD_EXP_DT TEXT NOT NULL",
        "NEW_EXP_DT TEXT NOT NULL",
        "RSTR_LST TEXT NOT NULL",
        "REG_TS TEXT NOT NULL",
    ),
)
FITNESS: Final = Table(
    agency="HLT",
    name="FIT_EXAM",
    columns=(
        "EXAM_NO TEXT NOT NULL",
        "PAT_NID TEXT NOT NULL",
        "EXAM_DT TEXT NOT NULL",
        "VALID_DT TEXT NOT NULL",
        "RSLT_CD INTEGER NOT NULL",
        "CENTRE_CD TEXT NOT NULL",
    ),
    indexes=("PAT_NID, EXAM_DT",),
)
SUSPENSION: Final = Table(
    agency="JUS",
    name="SUSP_ORDER",
    columns=(
        "ORD_NO TEXT NOT NULL",
        "PRTY_NID TEXT NOT NULL",
        "FROM_DT TEXT NOT NULL",
        "LIFT_DT TEXT",
    ),
    indexes=("PRTY_NID",),
)
ADDRESS: Final = Table(
    agency="PST",
    name="NAT_ADDRESS",
    columns=(
        "HLDR_NID TEXT NOT NULL",
        "BLDG_NO INTEGER NOT NULL",
        *(f"{part} TEXT NOT NULL" for part in ("STR_AR", "STR_EN", "DST_AR", "DST_EN")),
        *(f"{part} TEXT NOT NULL" for part in ("CTY_AR", "CTY_EN")),
        "ZIP_CD INTEGER NOT NULL",
        "ADD_NO INTEGER NOT NULL",
    ),
    indexes=("!HLDR_NID",),
)

TABLES: Final = (
    PERSON,
    MARRIAGE,
    LICENCE,
    VEHICLE,
    VIOLATION,
    RENEWAL,
    FITNESS,
    SUSPENSION,
    ADDRESS,
)

AGENCIES: Final = tuple(dict.fromkeys(table.agency for table in TABLES))
"""The agencies that keep a registry here; each has a database file of this name."""

VIEWS: Final = {
    "JUS": (
        """CREATE VIEW V_SUSP_IN_FORCE AS
           SELECT PRTY_NID, FROM_DT, 1 AS IN_FORCE FROM SUSP_ORDER WHERE LIFT_DT IS NULL""",
    ),
}


def delete_person(table: Table, column: str) -> str:
    """Return the statement that removes a person's rows from a table."""
    return f"DELETE FROM {table.name} WHERE {column} = ?"  # noqa: S608 - names of this module


PERSON_COLUMN: Final = {
    PERSON: "NID",
    LICENCE: "HLDR_NID",
    VIOLATION: "DRVR_NID",
    FITNESS: "PAT_NID",
    SUSPENSION: "PRTY_NID",
    ADDRESS: "HLDR_NID",
}
"""The tables that speak of a persona, and the column that names the person."""
