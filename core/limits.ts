// Every bound and default in one place, each with its unit and its reason. Data limits that a ring
// depends on are copied into its document at bootstrap, so that an upgrade never changes them.
import type { DataLimits } from './api/ring-document.ts';

/** Written into a new ring's document. */
export const DATA_LIMITS: DataLimits = {
  /** bytes of UTF-8; fits one index block and keeps frames of many keys small. */
  keyBytesMax: 1024,
  /** bytes; one value never blocks a peer connection for long (1 MiB at 100 MB/s is 10 ms). */
  valueBytesMax: 1024 * 1024,
  /** ms (3 h, Cassandra's default): a longer absence is anti-entropy's work. */
  hintAgeMs: 3 * 3600 * 1000,
  /** ms (24 h): longer than hint age plus operation deadline (R10), and a day to notice a stuck replica. */
  tombstoneGraceMs: 24 * 3600 * 1000,
  /** ms: a client waits no longer for a verdict. */
  operationMs: 5_000,
};

/** Ring. */
export const SLOT_BITS = 12;
/** 2^3 … 2^16 slots: fewer cannot balance, more make documents and reports large. */
export const SLOT_BITS_MIN = 3;
export const SLOT_BITS_MAX = 16;
export const REPLICATION_FACTOR_MAX = 7;
/** Members of one ring: above it full membership in one document stops being the cheap choice. */
export const MEMBERS_MAX = 1024;
/** Waits that a status tells of: beyond these it is one trouble many times over. */
export const WAITS_MAX = 64;

/** Protocol versions this build speaks, lowest and highest. */
export const PROTOCOL_VERSION_MIN = 1;
export const PROTOCOL_VERSION = 1;

/** Versions. */
/** Siblings of one key; a client that never reads first cannot grow a key without bound. */
export const SIBLINGS_MAX = 64;
/** bytes that the siblings of one key may hold together when a write adds one: whole objects travel (R14). */
export const OBJECT_BYTES_MAX = 8 * 1024 * 1024;
/** ms; a peer's clock further ahead than this is not adopted (protocol §4). */
export const CLOCK_SKEW_MS_MAX = 60_000;
/** log2 of the leaves of a slot's digest tree: 16 leaves, some 15 keys each at a million keys. */
export const LEAF_BITS = 4;
export const LEAVES = 1 << LEAF_BITS;

/** Replica. One tick is the replica's only measure of silence and patience. */
export const TICK_MS = 100;
/** Ticks between heart-beats to each peer. */
export const HEARTBEAT_TICKS = 5;
/** Ticks of silence after which a peer is routed around (2 s). */
export const SUSPICION_TICKS = 20;
/** Ticks after which a question to one replica is asked of the next one as well (200 ms). */
export const HEDGE_TICKS = 2;
/** Ticks until an unanswered background question is given up (5 s). */
export const QUESTION_TICKS = 50;
/** Ticks that a write waits for more than W answers before it settles for W (protocol §5; 300 ms). */
export const SETTLE_TICKS = 3;
/** Ticks after which a write is sent again to who has not answered (500 ms): frames may be lost. */
export const RESEND_TICKS = 5;
/** Ticks after which an operation gives up when only silent peers could complete it (1 s). */
export const FAIL_FAST_TICKS = 10;
/** Ticks that an acknowledged write waits for the last replicas before it keeps hints for them (1 s). */
export const LINGER_TICKS = 10;
/** Ticks that a handed-over write may take beyond the operation's own deadline (500 ms). */
export const HAND_OVER_TICKS = 5;
/** Conditional writes of one key that wait for one another; beyond it OVERLOADED. */
export const CONDITION_QUEUE_MAX = 256;
/** Ticks between tries to heal a damaged record for which too few replicas answered (5 s). */
export const HEAL_TICKS = 50;
/** Ticks that a hand-over is remembered (60 s), longer than any frame is under way. */
export const TAKEN_OVER_TICKS = 600;
/** Ticks that a gaining member waits for a silent source before it turns to the others (R6; 5 s). */
export const SOURCE_WAIT_TICKS = 50;
/** Counters leased ahead per synced lease (R13): one sync per so many writes. */
export const COUNTER_LEASE = 10_000;
/** Client operations one node coordinates at a time; beyond it OVERLOADED. */
export const OPERATIONS_MAX = 4096;
/** Messages held while a newer document is fetched; beyond it they are dropped and sent again. */
export const DEFERRED_MAX = 1024;
/** Records and bytes of one page of a stream, a hint delivery or a clean-up. */
export const PAGE_RECORDS = 256;
export const PAGE_BYTES = 1024 * 1024;
/** Pages that a gaining member asks for at a time: enough to hide latency and syncs, few enough to leave room. */
export const STREAMS_MAX = 6;
/** Slots read back at a time: enough to hide a disk's latency, few enough to leave it to clients. */
export const READ_BACK_MAX = 16;
/** Records that such a page should bring, beside PAGE_BYTES: merged in one go, some 10 ms. */
export const STREAM_RECORDS = 1024;
/** Slots of such a page: at most (each is read from disk for it), and while their size is unknown. */
export const STREAM_SLOTS_MAX = 64;
export const STREAM_SLOTS_FIRST = 8;
/** Keys written to slots that are being streamed, of which is remembered that they are there, some 100 bytes each. */
export const WRITTEN_KEYS_MAX = 100_000;
/** Slots that a losing member cleans up at a time. */
export const CLEANUPS_MAX = 64;
/** Slots compared in one anti-entropy question, and ticks between questions. */
export const COMPARE_SLOTS = 64;
export const COMPARE_TICKS = 10;
/** Ticks between visits to the hints of one target (2 s): deliver what can be, drop what is too old. */
export const HINT_VISIT_TICKS = 20;
/** Tombstones that one node watches at a time, some 100 bytes each; more wait until these are collected. */
export const TOMBSTONES_WATCHED_MAX = 200_000;
/** Ticks between visits to slots with tombstones (1 s). */
export const COLLECT_TICKS = 10;
/** Bytes of hints kept; beyond it no more are kept and anti-entropy heals. */
export const HINT_BYTES_MAX = 256 * 1024 * 1024;

/** Transport. */
/** bytes; what three coordinators may have written concurrently of one key, plus a page and headers. */
export const FRAME_BYTES_MAX = 32 * 1024 * 1024;
/** Unanswered questions per connection before the sender is held back. */
export const IN_FLIGHT_MAX = 8192;
/** bytes of one frame before the peer has proved itself: a hello is under 300. */
export const HELLO_BYTES_MAX = 1024;
/** Connections that have not proved themselves yet; beyond it the oldest is hung up on. */
export const STRANGERS_MAX = 64;
/** bytes waiting for one peer's socket; beyond it envelopes are dropped. One frame may go above it. */
export const UNSENT_BYTES_MAX = 16 * 1024 * 1024;
/** ms: an idle connection says so this often; one that stays silent for SILENT_PROBES_MAX of them is dead. */
export const PROBE_MS = 5_000;
export const SILENT_PROBES_MAX = 3;
/** ms to connect and shake hands. */
export const HANDSHAKE_MS = 3_000;
/** ms: reconnect after a random wait between the two bounds, doubling in between. */
export const RECONNECT_MS_MIN = 50;
export const RECONNECT_MS_MAX = 3_000;

/** HTTP. */
export const CLIENT_PORT = 8080;
export const ADMIN_PORT = 8081;
export const PEER_PORT = 8082;
/** bytes of all headers; Node's own default is 16 KiB. */
export const HEADER_BYTES_MAX = 16 * 1024;
/** bytes of a batch request's body. */
export const BATCH_BYTES_MAX = 16 * 1024 * 1024;
export const BATCH_ITEMS_MAX = 1000;
/** ms a client may take to send its headers, and its whole request: slow-loris ends here. */
export const HEADERS_MS = 10_000;
export const REQUEST_MS = 60_000;
export const CONNECTIONS_MAX = 4096;
/** ms between two looks for connections that are too slow. */
export const SLOW_CHECK_MS = 1_000;
/** ms that an idle connection is kept; longer than the pauses of most clients, so that few race its end. */
export const KEEP_ALIVE_MS = 30_000;
/** bytes and ms for which the rest of a refused body is read and thrown away, so that its sender sees the answer. */
export const DISCARD_BYTES_MAX = 16 * 1024 * 1024;
export const DISCARD_MS = 1_000;
/** bytes of a stored content type, and of an X-Request-Id: longer ones are nobody's real name. */
export const CONTENT_TYPE_BYTES_MAX = 255;
export const REQUEST_ID_BYTES_MAX = 128;
/** s (10 years): a longer life is none. */
export const TTL_SECONDS_MAX = 10 * 365 * 24 * 3600;
/** Items of one batch that are asked at a time. */
export const BATCH_IN_FLIGHT = 64;
/** Slots that one listing page asks at a time at most, and in all: an empty ring answers in bounded time. */
export const LIST_SLOTS_IN_FLIGHT = 64;
export const LIST_SLOTS_MAX = 4096;
/** bytes of a ring document on the admin port: 1024 members and 7 zones of 65,536 slots, twice, in text. */
export const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024;
/** ms that a member has to answer a ring check, and members that are asked at a time. */
export const RING_CHECK_MS = 2_000;
export const RING_CHECK_IN_FLIGHT = 16;
/** Keys of one listing page. */
export const LIST_LIMIT_DEFAULT = 100;
export const LIST_LIMIT_MAX = 1000;
/** ms until a drain gives up on what is in flight, its notice included; well inside Kubernetes' 30 s. */
export const DRAIN_MS = 10_000;
/** ms for which a stopping node serves on while each answer sends its client away: proxies look 4 times. */
export const DRAIN_NOTICE_MS = 1_000;
/** ms after DRAIN_MS until a node that still hangs on its store or peers ends without them. */
export const STOP_MS = 1_500;
/** ms between two looks at the free disk. */
export const DISK_CHECK_MS = 1_000;
/** ms between two pages of the scrub, and between two scrubs (1 day): it must never be felt. */
export const SCRUB_PAUSE_MS = 200;
export const SCRUB_EVERY_MS = 24 * 3600 * 1000;

/** The client that applications use. */
/** ms for a call with its retries: three deadlines of the ring's own. */
export const CLIENT_DEADLINE_MS = 15_000;
/** ms for one request: the ring gives up by itself after operationMs, so that silence is a fault. */
export const CLIENT_ATTEMPT_MS = 6_500;
/** ms after which a read asks another member as well as it can: reads are answered in a few. */
export const CLIENT_HASTY_READ_MS = 2_000;
/** ms before a request is sent again, doubling in between, a random half of it taken off. */
export const CLIENT_RETRY_MS_MIN = 20;
export const CLIENT_RETRY_MS_MAX = 1_000;
/** ms for which a member that failed is asked nothing, doubling in between. */
export const CLIENT_AVOID_MS_MIN = 500;
export const CLIENT_AVOID_MS_MAX = 30_000;
/** Times that an update begins anew because others wrote meanwhile. */
export const CLIENT_UPDATES_MAX = 64;

/** Storage. */
/** bytes of decoded records kept in front of the store. */
export const CACHE_BYTES = 64 * 1024 * 1024;
/** bytes; below this much free disk new values are refused, the rest is for deletes, documents, handoff. */
export const DISK_RESERVE_BYTES = 256 * 1024 * 1024;

/** Planner. */
/** ms a barrier waits for members that may be missing (R5). */
export const BARRIER_WAIT_MS = 10_000;
/** ms without progress of a joiner after which write-both is aborted (protocol §4). */
export const ABORT_AFTER_MS = 60_000;
/** ms between two passes when nothing happens. */
export const RECONCILE_MS = 1_000;
/** ms between two passes while something is under way: waits end by polling nodes, not by luck. */
export const RECONCILE_BUSY_MS = 200;
/** Of the time for which a ring has stood still, the pause until it is looked at again: so late at most. */
export const RECONCILE_PATIENCE = 0.25;
/** ms: a pass that keeps failing is tried again at least this often. */
export const RECONCILE_RETRY_MS_MAX = 10_000;
/** ms to connect to a node's admin port, and for one admin call to be answered in full. */
export const ADMIN_CONNECT_MS = 1_000;
export const ADMIN_CALL_MS = 5_000;
/** ms until a posted document must be in force; below ADMIN_CALL_MS, so that the poster learns why not. */
export const ADOPTION_MS = 4_000;
/** ms for which a node's load is good enough for a forecast; it is large to ask for. */
export const LOAD_MS = 5_000;

/** Local platform. */
export const LOCAL_HOST = '127.0.0.1';
/** First port of the first node; each node gets the next three (client, admin, peer) a stride further. */
export const LOCAL_PORT_BASE = 8100;
export const LOCAL_PORT_STRIDE = 10;
/** Linux hands out ports from 32768 on to outgoing connections; a stopped node's port must stay its own. */
export const LOCAL_PORT_MAX = 32_767;
/** ms between a crash and the restart, doubling from the first to the last. */
export const LOCAL_RESTART_MS_MIN = 250;
export const LOCAL_RESTART_MS_MAX = 15_000;
/** ms of life after which a crash counts as the first one again. */
export const LOCAL_STEADY_MS = 5_000;
/** ms until a process that was asked to drain and end is killed: DRAIN_MS and time to close its store. */
export const LOCAL_STOP_MS = 15_000;
/** bytes of a node's log, looked at when the node starts; twice this is kept. */
export const LOCAL_LOG_BYTES_MAX = 16 * 1024 * 1024;
/** ms between two looks at a node's /readyz by the proxy. */
export const LOCAL_READY_MS = 250;
/** ms within which a second signal is the echo of the first. */
export const SIGNAL_ECHO_MS = 400;

/** Kubernetes: pods of a ring. */
/** s that a pod which is to end still serves: the Service forgets it within one or two. */
export const KUBE_PRE_STOP_SECONDS = 5;
/** s until a pod that was asked to end is killed: the pause, DRAIN_MS, STOP_MS, and as much again. */
export const KUBE_STOP_SECONDS = 35;
/** s (10 min) that a node may take to open its store before its container is started again. */
export const KUBE_START_SECONDS = 600;
/** bytes (256 KiB) of a ring document that is stored as it is; a larger one is compressed. */
export const KUBE_PLAIN_BYTES_MAX = 256 * 1024;
/** ms that a watch may be behind what was written: its own write is believed for so long. */
export const KUBE_LAG_MS = 5_000;
/** ms between two status updates where only figures differ: progress is for people. */
export const KUBE_FIGURES_MS = 2_000;
/** ms until the Secret is read again where no node takes the token. */
export const KUBE_SECRET_MS = 10_000;
/** ms (10 min) that a host may be cordoned until its members leave it: a reboot is over by then. */
export const KUBE_CORDON_MS = 600_000;
/** ms after which a pod that is not ready counts as sick, and no longer as one that is coming. */
export const KUBE_COMING_MS = 60_000;
/** ms between two looks at a ring that is at rest: nodes are asked, the API server is not. */
export const KUBE_IDLE_MS = 10_000;
/** ms (10 min) between two looks at objects that aren't watched and seldom change. */
export const KUBE_OUTFIT_MS = 600_000;
/** ms until a process that was asked to end goes without waiting: within the pod's grace period of 20 s. */
export const KUBE_END_MS = 15_000;

/** Kubernetes: calls of the API server. */
/** ms to connect to the API server, TLS included. */
export const KUBE_CONNECT_MS = 3_000;
/** ms until one call is given up; the API server is told, so that it gives up as well. */
export const KUBE_CALL_MS = 10_000;
/** ms that an operation may take with its retries; a later pass of the loop has newer facts. */
export const KUBE_PATIENCE_MS = 20_000;
/** ms that a pod's token is believed; the kubelet replaces it long before it ends. */
export const KUBE_TOKEN_MS = 60_000;
/** Calls of one operation, the first included. */
export const KUBE_TRIES_MAX = 5;
/** ms before a retry: a random part of a ceiling that doubles from the first to the last. */
export const KUBE_RETRY_MS_MIN = 100;
export const KUBE_RETRY_MS_MAX = 3_000;
/** Objects of one page of a list: some 5 MB at most of 10 kB each. */
export const KUBE_PAGE = 500;
/** ms (5 min) without a line after which a stream of a log is begun anew: its end may have got lost. */
export const KUBE_LOG_SILENCE_MS = 5 * 60_000;
/** bytes of one event of a watch; etcd takes objects of 1.5 MB, and JSON of the wire adds little. */
export const WATCH_LINE_BYTES_MAX = 8 * 1024 * 1024;
/** s that the API server keeps a watch open, between the two, drawn at random: not all end at once. */
export const WATCH_SECONDS_MIN = 180;
export const WATCH_SECONDS_MAX = 300;
/**
 * ms after which a watch that should have ended is dead. Silence before that is no sign: how often an
 * idle watch gets a bookmark depends on etcd's settings, every 5 s or never. A dead connection is
 * noticed sooner by the lease's calls, which share it.
 */
export const WATCH_GRACE_MS = 10_000;
/** ms of silence of the API server after which the operator asks to be restarted: two watches' lives. */
export const WATCH_STALE_MS = 2 * (WATCH_SECONDS_MAX * 1000 + WATCH_GRACE_MS);
/** ms: a watch that ends sooner, and told nothing, counts as a failure, or it would be opened in a loop. */
export const WATCH_MS_MIN = 1_000;
/** ms before a watch or list that failed is tried again, as KUBE_RETRY_MS. */
export const WATCH_RETRY_MS_MIN = 500;
export const WATCH_RETRY_MS_MAX = 30_000;

/** Kubernetes: the operator's queue. */
/** Clusters that are reconciled at a time: most of a pass is waiting for answers. */
export const QUEUE_WORKERS = 4;
/** ms until a cluster whose pass failed is tried again, doubling from the first to the last. */
export const QUEUE_RETRY_MS_MIN = 250;
export const QUEUE_RETRY_MS_MAX = 60_000;
/** ms after a failure during which a change of the cluster hurries nothing: it may be our own trace. */
export const QUEUE_CALM_MS = 1_000;

/** % by which the heap of an operator on Kubernetes may grow between two full collections. */
export const OPERATOR_HEAP_GROWTH_PERCENT = 20;

/** Kubernetes: leader election. */
/** s that others leave a lease alone which they do not see renewed. */
export const LEASE_SECONDS = 15;
/** ms after the last renewal was asked for until the leader stops leading; others wait 5 s longer. */
export const LEASE_DEADLINE_MS = 10_000;
/** ms between two renewals: one may fail, and its retries too. */
export const LEASE_RENEW_MS = 4_000;
/** ms between two looks of who waits for the lease, and after a renewal that failed. */
export const LEASE_POLL_MS = 2_000;
/** ms until one call about the lease is given up. */
export const LEASE_CALL_MS = 3_000;

/** Kubernetes: events. */
/** ms since it last happened within which the same again is one more of a series, not a new event. */
export const EVENT_SERIES_MS = 6 * 60_000;
/** ms between two updates of a series' count. */
export const EVENT_REFRESH_MS = 60_000;
/** New events of one object: so many at once, and then one each so many ms. */
export const EVENTS_BURST = 25;
export const EVENT_REFILL_MS = 10_000;
/** Events that wait to be sent; more are dropped, since they tell only what status tells as well. */
export const EVENTS_QUEUED_MAX = 200;
/** ms that an operator which stops takes to tell what is still to be told. */
export const EVENT_FLUSH_MS = 2_000;
/** Series, and objects, that are remembered at a time. */
export const EVENTS_KEPT_MAX = 2_000;
/** bytes of UTF-8, characters: what the API server takes. */
export const EVENT_NOTE_BYTES_MAX = 1024;
export const EVENT_WORD_MAX = 128;

/** Console. */
/** Port of the web console on loopback; where it is held, another one is taken unless it was asked for. */
export const CONSOLE_PORT = 8085;
/** ms between two states sent to one page: faster is not seen, and a busy operator looks often. */
export const CONSOLE_STATE_MS = 250;
/** ms that a request without a page waits for a look of its own: members that are silent take a while. */
export const CONSOLE_LOOK_MS = 5_000;
/** ms after which a silent stream says that it lives: proxies and port-forwards drop idle connections. */
export const CONSOLE_BEAT_MS = 15_000;
/** Streams at a time, each a page; beyond it OVERLOADED. */
export const CONSOLE_STREAMS_MAX = 64;
/** bytes that a page may be behind before states are skipped for it: two of the largest. */
export const CONSOLE_BEHIND_BYTES_MAX = 1024 * 1024;
/** What happened, kept for pages that come later. */
export const CONSOLE_NEWS_MAX = 200;
/** ms between two looks at the members' own measurements, while a page is open. */
export const CONSOLE_FIGURES_MS = 3_000;
/** Members asked for them at a time. */
export const CONSOLE_FIGURES_IN_FLIGHT = 8;
/** Characters of a value that are shown; the whole is a download away. */
export const CONSOLE_VALUE_CHARS_MAX = 20_000;
