"""Bounds of a node: journal, calls, links, connections."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

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

JOURNAL_PACK_LOOK_S: Final = 30.0
"""How often a node looks for closed segments to pack; the busiest fills one in ten seconds."""

JOURNAL_PACK_RETRY_S: Final = 600.0
"""How long packing rests after it failed: a damaged segment stays damaged, a full disk stays full
for a while."""

JOURNAL_PACK_REST_S: Final = 0.1
"""Between two segments the lock is free for so long: whoever waits for it looks every 20 ms."""

JOURNAL_PACK_QUICK_S: Final = 0.01
"""Rest between two steps of packing on a quiet node; a step takes about as long."""

JOURNAL_PACK_SLOW_S: Final = 0.25
"""Rest between two steps on a busy node: a step of 128 records takes 10 ms, so packing then costs a
twenty-fifth of a processor, and only of what nobody else wants."""

JOURNAL_PACK_BUSY_PER_S: Final = 200
"""Records a second from which a node counts as busy: a twentieth of what it can carry."""

JOURNAL_PACK_STOP_S: Final = 3.0
"""How long a stopping node waits for its packing to end before it kills it; a step takes 10 ms."""

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

JOURNAL_SLOW_TIMES: Final = 20
"""How many times its own length a slow commit keeps the next ones in the thread: on a slow disk the
loop tries again seldom enough to lose a twentieth of its time, and one slow commit of a quick disk
is forgotten within a second or two."""

JOURNAL_SLOW_S: Final = 10.0
"""How long at most the thread commits after a slow one, before the loop tries again."""

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

STATEMENT_BYTES: Final = 16 * KIB
"""The payload of a statement: a target of the longest kind, a media type, and twenty short members
of 0.9 KiB together."""

STATEMENT_ID_CHARACTERS: Final = 255
"""The number of an exchange and of a message, as in the headers of information systems; a node
remembers the first for a minute."""

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

COLLECTOR_OBJECTS: Final = 50_000
"""New objects in a node before unreachable cycles are looked for; about ten megabytes."""

WORKERS: Final = 64
"""Worker processes of one node; more than the processors of a large machine help nobody."""

WORKER_PAUSE_S: Final = 0.1
"""Before a worker that ended by itself is started again for the first time."""

WORKER_PAUSE_MOST_S: Final = 30.0
"""Before each further start of one that ends again and again; each pause is twice the last."""

WORKER_SETTLED_S: Final = 60.0
"""A worker that lived so long is started again as if for the first time."""

WORKER_TELL_S: Final = 5.0
"""How long a worker may take to hear of a change; one that does not answer is ended, so that none
goes on with an agreement that was revoked."""

WORKER_LOOK_S: Final = 0.1
"""How often the writing process looks whether it has a new federation document to tell of."""

WORKER_ASKS: Final = 16_384
"""Questions of one worker under way at the writing process: two for each call, and room."""

WORKER_BYTES_WAITING: Final = 512 * MIB
"""Written to the writing process and not read yet: all bodies that a worker's faces hold."""

WORKER_FRAME_BYTES: Final = 128 * MIB
"""One frame between worker and writing process: the evidence of a call with the largest bodies
that settings may allow."""

WORKER_START_S: Final = 60.0
"""How long a new worker may take until it is ready, on a machine that is busy with much else."""
