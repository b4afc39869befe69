"""Bounds of service packs, cases' rules, expressions and decisions."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

# --- Service packs and cases (engine) -------------------------------------------------------------

PACK_FILE_BYTES: Final = MIB
"""One file of a service pack; the largest of the sample services has 30 KiB."""

PACK_FILES: Final = 500
"""Files of one pack, tests included; a few tests per rule row stay far below."""

PACK_NESTING: Final = 40
"""How deep a YAML file of a pack may nest; the format itself needs nine levels."""

ANSWER_CHARACTERS: Final = 2000
"""One typed answer, before a fact's own limit; longer texts are uploads."""

CASE_FACTS_BYTES: Final = 256 * KIB
"""The facts of one case as JSON; a renewal takes about 6 KiB."""

DECISION_BYTES: Final = 4096 * KIB
"""A decision as JSON, with every step's inputs; one about 400 vehicles takes 1.2 MiB."""

TOKEN_BYTES: Final = 2 * KIB
"""The state of one case's flow as JSON, whatever the number of past steps."""

BPMN_ELEMENTS: Final = 2_000
"""Nodes and sequence flows of one BPMN file; the largest reference model has about 150."""

BPMN_NESTING: Final = 16
"""Parallel gateways inside each other in a BPMN file; a flow that people follow has two."""

FLOW_TIMER_RUNS: Final = 1_000_000
"""How often a repeating timer may fire in one stage before the case is left to its deadline."""

VISITOR_TIMEOUT_S: Final = 20.0
"""How long the tour waits for one page."""

# --- Expressions and decisions (engine.feel, engine.dmn) ------------------------------------------

FEEL_TEXT_CHARS: Final = 64 * KIB
"""One expression; the longest of the public test suite has 2,000 characters."""

FEEL_NESTING: Final = 48
"""Brackets, branches and loops inside each other while reading; people lose track after six."""

FEEL_HEIGHT: Final = 200
"""Operations one above the other in one expression, e.g. the terms of a sum."""

FEEL_CALL_DEPTH: Final = 64
"""Functions written in FEEL that call each other; keeps the Python stack far from its end."""

FEEL_STEPS: Final = 500_000
"""Iterations and calls of one evaluation; about a second of one processor."""

FEEL_LIST_ITEMS: Final = 100_000
"""Items of one list made by an expression."""

FEEL_STRING_CHARS: Final = 1_000_000
"""Characters of one string made by an expression."""

FEEL_VALUE_ITEMS: Final = 500_000
"""Items and entries of one value, counting those inside; shared parts count each time."""

FEEL_PATTERN_STEPS: Final = 200_000
"""Steps of one regular-expression match; a pattern that backtracks for ever ends here."""

FEEL_VALUE_DEPTH: Final = 64
"""Lists and contexts inside each other in a value handed to an expression."""

DMN_XML_BYTES: Final = 4 * MIB
"""One DMN file; the largest of the public test suite has 600 KiB."""

DMN_XML_DEPTH: Final = 200
"""Elements inside each other in a DMN file."""

DMN_ELEMENTS: Final = 5_000
"""Decisions, inputs, models of knowledge and services of one DMN file."""

DMN_TABLE_CELLS: Final = 200_000
"""Cells of one decision table."""

DMN_ANALYSIS_POINTS: Final = 200_000
"""Combinations of input regions that the check for gaps looks at; larger tables are cut off."""

DMN_IMPORTS: Final = 50
"""Models that one model imports, counting theirs."""

REPLAY_LINE_BYTES: Final = 512 * KIB
"""One stored case of a replay, with its facts and what was decided."""

REPLAY_CHUNK_CASES: Final = 500
"""Cases handed to one process at a time; keeps memory flat and both processors busy."""

REPLAY_SMALL_GROUP: Final = 5
"""Groups of fewer people than this are not told apart in a report: they could be recognised."""

REPLAY_GROUP_VALUES: Final = 50
"""Values of one fact by which a replay counts; further ones are counted together."""

LAW_PARTS: Final = 1_000
"""Parts of one period: changes of the law, or steps begun; eighty years of months."""

LAW_DEPTH: Final = 4
"""Tables applied over a period inside each other; one is usual."""

SHEET_ROWS: Final = 5_000
"""Rows of a spreadsheet with tables; a table of law has tens."""

SHEET_COLUMNS: Final = 100
"""Columns of a spreadsheet with tables; people lose track after ten."""

SHEET_FILE_BYTES: Final = 4 * MIB
"""A spreadsheet file, and each part of it once unpacked."""

SHEET_COUNT: Final = 50
"""Sheets of one spreadsheet that are read."""

BOUNDARY_VALUES: Final = 60
"""Values of one fact that generated cases try; the busiest fact of the samples has about forty."""

BOUNDARY_CASES: Final = 5_000
"""Cases generated for one pack, and combinations tried for one condition; a few seconds."""

STRENGTH_CHANGES: Final = 5_000
"""Changes of a pack's law tried on its tests; ten times what the largest sample service has."""
