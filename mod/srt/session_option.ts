/**
 * The SRT options that an operator can set for sessions, with their types and ranges, and those that would break a recording or
 * have no effect on one.
 *
 * Names, types and ranges are those of libsrt (`docs/API/API-socket-options.md`, `srtcore/socketconfig.cpp`). If a range differs
 * here, a comment names that of libsrt.
 *
 * @module
 */

/** Type and range of an option. */
export type SessionOptionForm =
  | { readonly kind: "bool" }
  /** `unit`: values may have one (`4MB`, `10s`); without one they are in bytes or ms. */
  | { readonly kind: "number"; readonly min: number; readonly max: number; readonly unit?: "bytes" | "ms" }
  | { readonly kind: "choice"; readonly values: readonly number[] }
  /** Such as `1.4.2`, or `0x010402`, the form of libsrt's own tools. */
  | { readonly kind: "version" }
  /** The configuration of a packet filter. */
  | { readonly kind: "filter" };

/** An option of a session. */
export interface SessionOption {
  readonly form: SessionOptionForm;
  /** For the manual: a phrase without a final period. */
  readonly help: string;
  /** Whether `[[stream]]` tables of the configuration file can set it. */
  readonly perStream: boolean;
}

const INT32_MAX = 2 ** 31 - 1;
/** Bytes of one unit in libsrt's receiver buffer: `SRTO_MSS` less the IPv4 and UDP headers. */
export const UNIT_BYTES = 1472;
/** Units of the largest receiver buffer: `SRTO_RCVBUF` is an int32, in bytes. */
export const MAX_UNITS = Math.floor(INT32_MAX / UNIT_BYTES);
/** The longest time that a session waits for a silent caller. Our choice. */
const DAY_MS = 24 * 3_600_000;

/** The options, in the order of the manual. */
export const SESSION_OPTIONS = {
  lossmaxttl: {
    form: { kind: "number", min: 0, max: INT32_MAX },
    help: "how many later packets may arrive before a missing packet is requested; for links that deliver out of " +
      "order, such as bonded ones; default 0",
    perStream: true,
  },
  fc: {
    // libsrt sets no maximum, but allocates memory for each packet immediately
    form: { kind: "number", min: 32, max: MAX_UNITS },
    help:
      "flow window: how many packets may be in flight or in the receive buffer; by default as many as the latency needs",
    perStream: true,
  },
  rcvbuf: {
    form: { kind: "number", min: 1, max: INT32_MAX, unit: "bytes" },
    help:
      "receive buffer, in which each packet counts as 1472 bytes; libsrt raises a smaller value to 32 packets, and lowers a " +
      "larger one to `fc` packets; by default as large as the latency needs",
    perStream: true,
  },
  packetfilter: {
    form: { kind: "filter" },
    help:
      "forward error correction, such as `fec,cols:10,rows:5`; if it is not set, the session uses the filter of the " +
      "caller (see below)",
    perStream: true,
  },
  nakreport: {
    form: { kind: "bool" },
    help: "whether the request for missing packets is repeated periodically; default 1",
    perStream: true,
  },
  tlpktdrop: {
    form: { kind: "bool" },
    help: "whether a packet that is still missing when it is due is skipped; must be 1, the default",
    perStream: true,
  },
  drifttracer: {
    form: { kind: "bool" },
    help: "whether clock drift of the caller is compensated; default 1",
    perStream: true,
  },
  peeridletimeo: {
    // libsrt accepts 0 and more; a caller without payload sends a KEEPALIVE each second, which may be late
    form: { kind: "number", min: 2000, max: DAY_MS, unit: "ms" },
    help: "how long a caller may be silent, without even a KEEPALIVE, before its session ends with `silence`; " +
      "default 5000 ms",
    perStream: true,
  },
  iptos: {
    form: { kind: "number", min: 0, max: 255 },
    help: "type of service of packets to the caller (ACK, NAK), such as 0xB8; default 0",
    perStream: true,
  },
  ipttl: {
    form: { kind: "number", min: 1, max: 255 },
    help: "time to live of packets to the caller; default 64",
    perStream: true,
  },
  minversion: {
    form: { kind: "version" },
    help: "refuse callers with an SRT version before this one, such as 1.4.2",
    perStream: true,
  },
  enforcedencryption: {
    form: { kind: "bool" },
    help:
      "1: if a passphrase is set, callers must encrypt; 0: callers that do not encrypt are admitted too; callers with a " +
      "wrong passphrase, and callers that encrypt although no passphrase is set, are always refused; default 1",
    perStream: true,
  },
  pbkeylen: {
    form: { kind: "choice", values: [0, 16, 24, 32] },
    help:
      "key length in bytes to request from callers: those based on libsrt use it, even if they set another, unless " +
      "they set SRTO_SENDER too, as srt-live-transmit does; default 0, the choice of the caller",
    perStream: false,
  },
} as const satisfies Readonly<Record<string, SessionOption>>;

/** Options that are passed to libsrt unchanged. `fc` and `rcvbuf` are passed separately, because one limits the other. */
export const GIVEN_TO_LIBSRT = [
  "lossmaxttl",
  "packetfilter",
  "nakreport",
  "tlpktdrop",
  "drifttracer",
  "iptos",
  "ipttl",
] as const satisfies readonly SessionOptionName[];

/** Name of an option, as in SRT URIs. */
export type SessionOptionName = keyof typeof SESSION_OPTIONS;

/** The TypeScript type of a form's value. A version is libsrt's number, such as 0x010402. */
type ValueOf<Form extends SessionOptionForm> = {
  readonly bool: boolean;
  readonly number: number;
  readonly choice: number;
  readonly version: number;
  readonly filter: string;
}[Form["kind"]];

/** The options that are set, by name. */
export type SessionOptions = {
  readonly [Name in SessionOptionName]?: ValueOf<(typeof SESSION_OPTIONS)[Name]["form"]>;
};

/**
 * A caller that sends nothing for this long, not even KEEPALIVE, is gone, unless the operator set another time: libsrt's default of
 * `SRTO_PEERIDLETIMEO`.
 */
export const SILENCE_MS = 5000;

/** Returns how long a caller may be silent, in ms. */
export function silenceMsOf({ peeridletimeo }: Pick<SessionOptions, "peeridletimeo">): number {
  return peeridletimeo ?? SILENCE_MS;
}

const FOR_SENDERS = "it is an option of senders; set it in the caller";
const LIVE_ONLY = "only live mode is recorded; leave it out";
const OF_LISTENING = "the listening address decides this; see srt-splitter help listening";

/** Options of SRT URIs that cannot be set for a session, and why: `PROBLEM; HINT`. */
export const UNUSABLE_OPTIONS: Readonly<Record<string, string>> = {
  latency: "it has an option of its own; use --latency",
  rcvlatency: "it has an option of its own; use --latency",
  passphrase: "a passphrase must not be on a command line or in a configuration file; use --passphrase-file",
  streamid: FOR_SENDERS,
  peerlatency: FOR_SENDERS,
  sndbuf: FOR_SENDERS,
  snddropdelay: FOR_SENDERS,
  inputbw: FOR_SENDERS,
  mininputbw: FOR_SENDERS,
  oheadbw: FOR_SENDERS,
  maxbw: FOR_SENDERS,
  payloadsize: FOR_SENDERS,
  retransmitalgo: FOR_SENDERS,
  kmrefreshrate: FOR_SENDERS,
  kmpreannounce: FOR_SENDERS,
  conntimeo: FOR_SENDERS,
  linger: FOR_SENDERS,
  mss: "the caller decides this; set mss in the caller",
  transtype: LIVE_ONLY,
  tsbpdmode: LIVE_ONLY,
  messageapi: LIVE_ONLY,
  congestion: LIVE_ONLY,
  groupconnect: "a session has one connection, without bonding; leave it out",
  groupminstabletimeo: "a session has one connection, without bonding; leave it out",
  mode: "srt-splitter sets it itself; leave it out",
  ipv6only: OF_LISTENING,
  bindtodevice: OF_LISTENING,
  adapter: OF_LISTENING,
  rcvsyn: "this program needs its own value; leave it out",
  sndsyn: FOR_SENDERS,
};
