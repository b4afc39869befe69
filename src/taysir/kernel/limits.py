"""Every bound of Taysir in one place, each with its reason.

A queue, body, page, retry or timeout without a bound here is a defect. Each bound is tested at the
bound and one beyond. Names end with their unit.
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# --- HTTP faces (exchange, data services, sample services) ---------------------------------------

HTTP_HEADER_BYTES: Final = 16 * KIB
"""All request headers together; the usual servers allow 8 KiB, a statement takes about 1 KiB."""

HTTP_TARGET_BYTES: Final = 4 * KIB
"""The request target; longer ones are attacks or mistakes."""

HTTP_BODY_BYTES: Final = 10 * MIB
"""A whole body held in memory; larger ones go through streams (a later step)."""

HTTP_HEADER_TIMEOUT_S: Final = 10.0
"""From the first byte of a request to the end of its headers; ends slow-header clients."""

HTTP_BODY_TIMEOUT_S: Final = 30.0
"""From the end of the headers to the end of the body; ends slow-body clients."""

HTTP_IDLE_TIMEOUT_S: Final = 60.0
"""A kept connection without a request."""

HTTP_CONNECTIONS: Final = 1024
"""Open connections of one listening face; beyond it new ones are refused at once."""

HTTP_BACKLOG: Final = 1024
"""Connections that wait to be accepted: as many as a face takes, for the moment of a handover."""

HTTP_CONNECTIONS_PER_ADDRESS: Final = 512
"""Open connections of one address, so that no single machine can take all of a face."""

HTTP_WRITE_TIMEOUT_S: Final = 30.0
"""From a full send buffer to an empty one; ends clients that do not read their answer."""

HTTP_HANDSHAKE_TIMEOUT_S: Final = 10.0
"""A TLS handshake; half of one is how a slow client begins."""

HTTP_LINGER_S: Final = 2.0
"""How long what still comes of a refused request is read and dropped, so that its sender can see
the refusal instead of a broken connection."""

# --- What one partner may take of a node ---------------------------------------------------------

PARTNER_REQUESTS_PER_S: Final = 20_000.0
"""Requests a second of one partner: above what a node carries, so it only ends floods of requests
that are cheap to refuse; agreements have their own quota, and settings may ask for less."""

PARTNER_BURST: Final = 20_000
"""Requests at once after a rest: one second of the rate."""

PARTNER_CALLS: Final = 1024
"""Calls of one partner under way together: a quarter of what may wait for the disk."""

PARTNERS_TRACKED: Final = 4096
"""Partners whose requests are counted; more than a country has agencies, and bounded for those
who invent names."""

BUSY_RETRY_S: Final = 1
"""When a caller that was refused for too much at once should come again."""

API_KEYS: Final = 1000
"""Keys in one file; they are for development, where a few dozen are many."""

API_KEY_DAYS: Final = 366
"""The longest life of an API key; whoever needs longer uses a certificate."""

# --- Processes of an installation ----------------------------------------------------------------

PROCESS_STOP_TIMEOUT_S: Final = 10.0
"""From SIGTERM to SIGKILL; a node needs one commit, the portal one request."""

PROCESS_SETTLED_S: Final = 30.0
"""A process that lived this long starts again at once; one that dies sooner waits longer."""

PROCESS_RESTART_PAUSE_MAX_S: Final = 10.0
"""The longest pause before a failing process is started again."""

PROCESS_READY_TIMEOUT_S: Final = 60.0
"""From fork to a good health answer; a slow disk migrates databases in some seconds."""

PROCESS_LOG_BYTES: Final = 20 * MIB
"""A process log larger than this is put aside when the process starts."""

COUNTRY_FREE_DISK_BYTES: Final = 600 * MIB
"""Free space asked for before a country is made; 100,000 persons take about a third of it."""

POPULATION_MIN: Final = 100
"""Fewer persons cannot hold every persona of the sample services."""

POPULATION_MAX: Final = 5_000_000
"""More persons than this do not fit the registries' SQLite files in sensible time."""

# --- Service packs and cases (engine) ------------------------------------------------------------

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

# --- Dates and money (kernel.calendar, kernel.money) ---------------------------------------------

DATE_TEXT_CHARS: Final = 64
"""A written date; the longest month names with era and weekday fit twice."""

WORKING_DAYS: Final = 3660
"""The longest deadline in working days; ten years is longer than any service promises."""

HOLIDAY_RUN_DAYS: Final = 60
"""Days in a row without a working day; more is a mistaken list of holidays."""

MONEY_MINOR: Final = 10**15
"""Ten thousand billion dinars: any larger amount is a mistake, and it fits a 64-bit column."""

MONEY_TEXT_CHARS: Final = 32
"""A written amount."""

# --- Documents, payments, notices ----------------------------------------------------------------

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

INBOX_PAGE: Final = 20
"""Messages on one page of the inbox."""

TREASURY_BILL_BYTES: Final = 8 * KIB
"""A request to make a bill, sent to the sample treasury."""

# --- Programme -----------------------------------------------------------------------------------

CASE_EVENTS_BYTES: Final = 1 * MIB
"""One batch of case events."""

CASE_EVENTS_BATCH: Final = 500
"""Case events of one batch; the worker sends at most this many at once."""

CASE_EVENT_DATA_KEYS: Final = 12
"""Members of one event's data."""

CASE_EVENT_TEXT_CHARS: Final = 200
"""One text of an event: an identifier, a code or a hash, never prose."""

CASE_EVENT_LIST_ITEMS: Final = 50
"""Items of one list in an event's data, e.g. the reasons of a refusal."""

CASE_EVENT_AHEAD_S: Final = 300
"""How far an event's time may lie in the future; clocks differ, but not by more."""

MEASURES_EVENTS: Final = 2_000_000
"""Events read for one set of figures; beyond it the distributed analytics of a later step."""

MEASURES_PAGE: Final = 50
"""Events or cases on one page behind a figure."""

SMALL_COUNT: Final = 10
"""Below this many cases a share is shown with a warning that it says little."""

# --- Trust: documents, certificates, proofs (kernel, exchange) -----------------------------------

JSON_NESTING: Final = 64
"""How deep a signed JSON document may nest; agreements need five levels."""

SIGNED_DOCUMENT_BYTES: Final = 4 * MIB
"""A federation document or agreement; a country of 2,000 members stays below it."""

JWS_BYTES: Final = 8 * MIB
"""A compact JWS: the largest signed document in base64url with its certificate chain."""

CERTIFICATE_BYTES: Final = 16 * KIB
"""One certificate in DER; X.509 with P-256 takes about 0.8 KiB."""

CERTIFICATE_CHAIN: Final = 4
"""Certificates from a member's own to the anchor, both included."""

HANDOVER_ASK_TIMEOUT_S: Final = 5.0
"""How long a new process of a node waits for the old one to hand over its listening sockets."""

HANDOVER_GRACE_S: Final = 0.25
"""How long a process that gives way still takes what has been accepted: a TLS handshake."""

HANDOVER_SOCKETS: Final = 16
"""Listening sockets of one node; it has four faces."""

HANDOVER_BYTES: Final = 4 * KIB
"""The names of the sockets that are handed over."""

EXPOSURE_LISTED: Final = 100_000
"""Exchanges that a report of exposure lists one by one; further ones are counted, and printed line
by line on request."""

CERTIFICATE_DAYS: Final = 825
"""The life of a certificate that the authority issues on request: two years and a quarter."""

KEY_SETTLE_S: Final = 150.0
"""How long the federation must have listed a new certificate before its key is used: every node
fetches the document each minute, so two failed fetches fit in."""

KEY_LOOK_S: Final = 1.0
"""How often a node looks whether a waiting key may be used."""

PASSPHRASE_BYTES: Final = 1024
"""A key's passphrase or PIN; longer ones are a wrong file."""

KEY_REFERENCE_CHARS: Final = 1024
"""A key's path or pkcs11: URI in the settings."""

PROOF_HASHES: Final = 64
"""Hashes of one Merkle proof; a tree of 2^64 leaves needs no more."""

CHECKPOINT_BYTES: Final = 64 * KIB
"""A signed note: three lines and some signatures."""

CHECKPOINT_SIGNATURES: Final = 64
"""Signature lines of one note; a country has fewer witnesses."""

FEDERATION_VALIDITY_S: Final = 3600
"""How long a published federation document may be used; refreshed every minute."""

FEDERATION_FETCH_INTERVAL_S: Final = 60.0
"""How often a node asks the authority for a newer federation document."""

FEDERATION_FETCH_TIMEOUT_S: Final = 10.0
"""How long a node waits for the authority's answer."""

CLOCK_SKEW_S: Final = 30
"""How far two parties' clocks may differ before a signed time is refused."""

AGREEMENT_FIELDS: Final = 512
"""JSON Pointers of one agreement; the largest sample service has thirteen."""

CONSENT_VALIDITY_DAYS: Final = 3660
"""The longest time of one consent; a person should be asked again sooner."""

CONSENTS_IN_MEMORY: Final = 50_000
"""Verified consents that a node remembers; beyond it they are read from disk again."""

CONSENTS_LISTED: Final = 500
"""Consents of one answer of the admin interface."""

AGREEMENTS_HELD: Final = 50_000
"""Agreements that a node takes from others; a strange partner cannot fill its disk."""

DELIVERIES_AT_ONCE: Final = 100
"""Agreements and consents handed to other nodes in one round."""

DELIVERY_INTERVAL_S: Final = 2.0
"""How long what could not be delivered waits for the next try; a person waits for it."""

FEDERATION_FETCH_SOON_S: Final = 3.0
"""The least time between two fetches that something unknown gave cause for."""

OPENAPI_BYTES: Final = 2 * MIB
"""One OpenAPI document; those of large services have some hundred KiB."""

OPENAPI_REFERENCES: Final = 16
"""References followed one after another; real documents have two or three."""

DESCRIPTION_FRESH_S: Final = 60.0
"""How often the OpenAPI document of a service is looked at again."""

DESCRIPTION_RETRY_S: Final = 1.0
"""How soon a document that could not be had is asked for again."""

CONTRACT_BREAKS_KEPT: Final = 1000
"""Answers against their own document that a node lists; the journal holds all of them."""

CATALOGUE_FRESH_S: Final = 60.0
"""How long a node remembers what another node offers."""

CATALOGUE_WAIT_S: Final = 3.0
"""How long a search waits for a node that does not answer; the others are shown without it."""

AGREEMENTS_LISTED: Final = 1000
"""Agreements of one answer of the admin interface."""

END_REASON_CHARACTERS: Final = 500
"""Why an agreement was ended: some sentences for the other party's people."""

MEMBERSHIP_BYTES: Final = 64 * KIB
"""One membership request: two certificate requests and some rows take 3 KiB."""

MEMBERSHIPS_PENDING: Final = 200
"""Requests that wait for the authority; a country has some hundred agencies in all."""

AGREEMENT_CODE_CHARACTERS: Final = 128
"""One code of a purpose, legal basis or zone; those of the sample country have up to thirty."""

AGREEMENT_VALIDITY_DAYS: Final = 3660
"""The longest validity of an agreement; law changes sooner."""

EVIDENCE_PACKAGE_BYTES: Final = 64 * MIB
"""A whole evidence package: two bodies of the largest size and everything else twice over."""

EVIDENCE_FILES: Final = 64
"""Files in one evidence package; a full one has about twenty-five."""

EVIDENCE_NAME_BYTES: Final = 128
"""The name of one file in an evidence package."""

JOURNAL_PROOF_RECORDS: Final = 100_000
"""Records of one hash-chain proof; longer distances are proved by the transparency log."""

# --- Expressions and decisions (engine.feel, engine.dmn) -----------------------------------------

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

# --- The node: journal, calls, connections (exchange) --------------------------------------------

JOURNAL_SEGMENT_BYTES: Final = 64 * MIB
"""One preallocated segment: about 30,000 exchanges of 2 KiB, scanned in under a second."""

JOURNAL_BATCH_RECORDS: Final = 512
"""Records of one group commit; more of them would not make the disk faster."""

JOURNAL_QUEUE_RECORDS: Final = 4096
"""Records waiting for the disk; beyond it new calls are refused clearly."""

JOURNAL_WAIT_S: Final = 5.0
"""How long the disk may take for one commit before new calls are refused; a good one takes 1 ms."""

BODY_KEYS_CACHED: Final = 16_384
"""Data subjects whose keys' places are remembered; they take about 3 MB."""

BODY_CIPHERS_CACHED: Final = 2048
"""Keys that are unwrapped and at hand; 2.6 KB each. Unwrapping one takes 4 µs."""

ERASURE_SUBJECT_CHARS: Final = 255
"""A data subject as callers name them; identity numbers have ten."""

ERASURE_REASON_CHARS: Final = 500
"""Why something was erased: the number of an order, not a story; it stays for ever."""

JOURNAL_LOCK_WAIT_S: Final = 10.0
"""How long a starting node waits for the one before it to finish its journal."""

BACKUP_MANIFEST_BYTES: Final = 64 * MIB
"""The manifest of a backup: about 120 bytes for each file, of half a million files."""

JOURNAL_POSTGRES_WAIT_S: Final = 5
"""How long a journal waits for PostgreSQL, to connect and for one commit."""

UNSIGNED_REFUSALS_KEPT: Final = 60
"""Refusals a minute of messages that nobody can be held to; at most 0.7 GB of journal a day."""

UNSIGNED_REFUSAL_BYTES: Final = 8 * KIB
"""What is kept of a statement that cannot be tied to a member; a good one has 1 KiB."""

JOURNAL_QUICK_S: Final = 0.01
"""A commit that takes longer than this is left to a thread, so that nothing else waits for it."""

JOURNAL_SLOW_S: Final = 10.0
"""How long the thread commits after a slow one, before the loop tries again."""

JOURNAL_RETRY_S: Final = 0.5
"""How often a journal without room looks for some."""

JOURNAL_RETRY_AFTER_S: Final = 10
"""When a caller should come again whose call was refused because evidence cannot be kept."""

JOURNAL_INDEX_ROWS: Final = 2048
"""Rows that are indexed together; a quarter of the cost of indexing them one by one."""

JOURNAL_INDEX_DELAY_S: Final = 0.25
"""How long a record may wait to be found by look-ups while there are few of them."""

BATCH_STATEMENTS: Final = 1024
"""Statements under one signature: ten levels of proof, and no more work lost with a bad one."""

BATCH_WAIT_MS: Final = 5_000
"""From a statement's time to the signature of its batch; a ready statement waits milliseconds."""

CALLS_A_TURN: Final = 8
"""Calls signed or verified one by one in a turn of the loop: about a millisecond's work."""

BATCHED_CALLS_A_TURN: Final = 16
"""Calls of a batch in a turn: enough to share a signature, few enough to keep both nodes busy."""

LINK_FRAME_BYTES: Final = 8 * MIB
"""One frame between two nodes; what is pending is cut into frames below this."""

LINK_MESSAGES: Final = 1024
"""Messages in one frame."""

LINK_BODY_BYTES: Final = 256 * KIB
"""The body of one message on a link; a larger one takes the HTTP form, to hold nobody up."""

LINK_CALLS: Final = 2048
"""Calls under way on one link; further ones are refused as busy by the one who would send them."""

LINK_CONNECTIONS: Final = 256
"""Links that other nodes hold to one node; a federation has hundreds of nodes, not thousands."""

LINKS_OF_PEER: Final = 8
"""Links that one peer may hold; one is enough, and an old one may still be draining."""

LINK_BYTES_WAITING: Final = 16 * MIB
"""Bytes that wait to be written to one link; beyond that the other side is too slow."""

LINK_GOODBYE_S: Final = 5.0
"""How long a node that ends waits for a peer without calls to hang up after the goodbye."""

LINK_CONNECT_TIMEOUT_S: Final = 5.0
"""From asking for a connection to the end of its TLS handshake."""

LINK_RETRY_S: Final = 60.0
"""How long a peer that does not speak the framed form is called over HTTP before asking again."""

STATEMENT_LIFETIME_MS: Final = 60_000
"""From a statement's time to its expiry; one retry fits in."""

REPLAY_CACHE_IDS: Final = 400_000
"""Statement numbers remembered while they count as fresh: a minute at 6,600 calls a second."""

CALL_TIMEOUT_S: Final = 20.0
"""How long a consumer's node waits for the provider's node."""

BACKEND_TIMEOUT_S: Final = 10.0
"""How long a provider's node waits for its back end; shorter than the consumer's wait."""

BACKEND_CONNECTIONS: Final = 64
"""Connections to one back end; more calls wait their turn."""

PEER_CONNECTIONS: Final = 64
"""Connections to one other node."""

EXCHANGES_LISTED: Final = 500
"""Exchanges of one answer of the admin interface."""

CLIENT_TIMEOUT_S: Final = 25.0
"""How long a program waits for its own node; longer than the node's wait for the peer."""

CLIENT_CONNECTIONS: Final = 32
"""Kept connections of one program to its node."""

SAMPLE_SIGN_INS: Final = 1000
"""Sign-ins under way, and tokens in use, that the sample identity provider remembers."""

# --- Data services over registries (dataservice) -------------------------------------------------

DATASERVICE_KEY_CHARS: Final = 64
"""A key as sent, decoded; identity numbers have ten, deed and case numbers up to forty."""

DATASERVICE_SQLITE_WAIT_S: Final = 2.0
"""How long a look-up waits for a writer of the same SQLite file."""

DATASERVICE_POSTGRES_WAIT_S: Final = 5
"""How long a look-up waits for PostgreSQL, to connect and for the answer."""

DATASERVICE_POSTGRES_CONNECTIONS: Final = 4
"""Connections of one data service; at a millisecond a look-up, four give thousands a second."""

DATASERVICE_CSV_BYTES: Final = 64 * MIB
"""A CSV file that is held in memory; larger registers belong into a database."""

DATASERVICE_CSV_ROWS: Final = 500_000
"""Rows of one CSV file."""

# --- Cases (transactions) ------------------------------------------------------------------------

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

OBJECTION_CHARACTERS: Final = 2000
"""What a person may write against a decision: a page of plain text."""

DISPUTE_CHARACTERS: Final = 500
"""What a person may write about a value that is wrong."""

READS_SHOWN: Final = 100
"""Questions about a person on one page of the tracker."""

# --- The transparency log: tiles, witnesses, time-stamps (exchange) -------------------------------

LOG_CHECKPOINT_INTERVAL_S: Final = 1.0
"""How often the log signs a checkpoint when it has grown."""

LOG_APPEND_INTERVAL_S: Final = 0.1
"""How long durable records wait before they become leaves: small steps never hold up a call."""

LOG_PENDING_BATCHES: Final = 2000
"""Commits remembered until they become leaves; beyond it the log reads them from the journal."""

LOG_LAG_MARKS: Final = 2000
"""Arrival times remembered during an outage; later arrivals then share the last one's time."""

LOG_STAMP_INTERVAL_S: Final = 8.0
"""The longest pause between two time-stamps of a growing log; keeps the promised 10 s and 15 s."""

LOG_STAMP_PROMISE_S: Final = 15.0
"""Within this time a statement is under a witnessed, time-stamped checkpoint; measured."""

LOG_REFUSE_AFTER_S: Final = 4 * 3600.0
"""How old the oldest unstamped statement may be before new calls are refused. Members' signatures
and witnesses' times still bind during it; X-Road allows the same four hours."""

LOG_REQUEST_TIMEOUT_S: Final = 3.0
"""How long the log waits for a witness or a time-stamp authority in the background."""

LOG_WITNESSES: Final = 16
"""Witnesses asked about one checkpoint."""

WITNESS_QUORUM: Final = 2
"""Cosignatures that a checkpoint needs; two others must lie before a history can be split."""

WITNESS_REQUEST_BYTES: Final = 68 * KIB
"""An add-checkpoint request: 63 hashes and a signed note."""

WITNESS_PROOF_HASHES: Final = 63
"""Lines of a consistency proof in an add-checkpoint request (C2SP tlog-witness)."""

TIME_STAMP_BYTES: Final = 16 * KIB
"""An RFC 3161 answer with its certificates; ours have 1.5 KiB."""

TIME_STAMP_AHEAD_S: Final = 60.0
"""How far a time-stamp authority's clock may be from ours before its stamp is not taken."""

STATUS_BYTES: Final = 4 * MIB
"""A certificate revocation list; 100,000 entries take about 3.6 MiB."""

STATUS_FETCH_INTERVAL_S: Final = 60.0
"""How often revocation status is fetched; the authority signs it anew as often."""

EVIDENCE_WAIT_S: Final = 3.0
"""How long a request for evidence waits for a checkpoint to be witnessed and stamped."""

RANGE_RECORDS: Final = 20_000
"""Records of one exported range: two statements each, below the size of a package."""

RANGE_FINDINGS: Final = 100
"""Findings of one range; whoever forged more than these is found out already."""
