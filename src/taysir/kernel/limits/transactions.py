"""Bounds of documents, payments, notices and cases."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

# --- Documents, payments, notices -----------------------------------------------------------------

CASE_NUMBER_CHARS: Final = 32
"""A public case number, e.g. TRF-2026-000123-7, with room for longer agency codes."""

VERIFICATION_CODE_CHARS: Final = 25
"""125 random bits in base 32: nobody finds a document by trying."""

DOCUMENT_DESCRIPTION_BYTES: Final = 64 * KIB
"""The description beside a document's template; the longest sensible one has 200 values."""

DOCUMENT_UPLOAD_BYTES: Final = 5 * MIB
"""A document sent in to be compared with the issued one; ours have about 80 KiB."""

BILL_AMOUNT_MINOR: Final = 10**12
"""The largest bill, in qirsh; a larger fee is a mistake in a table."""

BILL_NUMBER_ATTEMPTS: Final = 8
"""Draws of a bill number; with ten million bills, eight taken ones in a row are impossible."""

RECONCILE_BATCH: Final = 50
"""Bills asked about in one round of the worker; each takes one call of some milliseconds."""

RECONCILE_PAID_DAYS: Final = 7
"""How long a paid bill is still asked about, because a second payment may arrive late."""

RECONCILE_PAID_REST_S: Final = 3600
"""The pause between two questions about a paid bill."""

NOTICE_VALUES: Final = 40
"""Values that fill one notice."""

NOTICE_VALUE_CHARS: Final = 2000
"""One value of a notice; the longest is the list of reasons of a refusal."""

WHOLE_REFERENCE_CHARACTERS: Final = 20
"""A number of a case or bill; one this long still fits the narrowest phone on one line."""

INBOX_PAGE: Final = 20
"""Messages on one page of the inbox."""

TREASURY_BILL_BYTES: Final = 8 * KIB
"""A request to make a bill, sent to the sample treasury."""

# --- Cases (transactions) -------------------------------------------------------------------------

SEARCH_CHARACTERS: Final = 200
"""Words typed into the search box; more of them find nothing."""

PARALLEL_LOOKUPS: Final = 6
"""Questions to agencies asked side by side for one case; the renewal has six."""

CASE_LEASE_S: Final = 3
"""How long the person's own request may advance a case before the worker takes it up."""

CASE_STEPS: Final = 12
"""Steps that the system takes with one case in one go; the longest path has six."""

BILL_PART_CHARS: Final = 72
"""The name of one part of a fee: a stage of the flow, and how many times it was billed."""

KEPT_PACKS: Final = 16
"""Earlier versions of services that a process holds compiled; others are built again."""

KEPT_PACK_BYTES: Final = 64 * MIB
"""The files of one kept version, unpacked; a bound on what a damaged row could unfold to."""

BILL_DAYS: Final = 30
"""Days to pay a bill; the flow of the sample services lapses after as many."""

RETRY_FIRST_S: Final = 2
"""The first pause before an agency that was down is asked again; it doubles each time."""

RETRY_LONGEST_S: Final = 900
"""The longest pause before an agency that is down is asked again."""

CASES_LISTED: Final = 50
"""Cases on one page of a person's list."""

WORKER_BATCH: Final = 50
"""Cases that the worker takes up in one round."""

WORKER_PAUSE_S: Final = 0.25
"""The worker's rest between two rounds."""

OUTBOX_BATCH: Final = 200
"""Events sent to the programme in one call; its back end takes as many."""

HOLIDAYS: Final = 200
"""Entries of a file of public holidays; ten recurring ones and decades of announced dates."""

HOLIDAY_DAYS: Final = 30
"""How long one public holiday may last; the longest known is a fortnight."""

HOLIDAY_FIRST_YEAR: Final = 1950
"""The first year of which public holidays are computed; no open case is older."""

HOLIDAY_FILE_BYTES: Final = 64 * KIB
"""A file of public holidays; one of 200 entries has 40 KiB."""

OBJECTION_CHARACTERS: Final = 2000
"""What a person may write against a decision: a page of plain text."""

KEPT_INPUT_CHARACTERS: Final = 16 * KIB
"""A form kept while its person signs in again: the longest statement and all short answers."""

DISPUTE_CHARACTERS: Final = 500
"""What a person may write about a value that is wrong."""

READS_SHOWN: Final = 100
"""Questions about a person on one page of the tracker."""
