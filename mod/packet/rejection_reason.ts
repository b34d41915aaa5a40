/**
 * The rejection reasons of SRT with their names and descriptions.
 *
 * All codes are API values, as srt_getrejectreason returns them. On the wire they are 1000 higher.
 *
 * @module
 */

import type { RefusalCount } from "../vocabulary/events.ts";

/** The reasons that this program sends to callers (libsrt srtcore/srt.h and access_control.h). */
export const REJECTION = {
  /** The only reason that an HSv4 caller understands. */
  PEER: 2,
  RESOURCE: 3,
  ROGUE: 4,
  VERSION: 8,
  BADSECRET: 10,
  UNSECURE: 11,
  MESSAGEAPI: 12,
  FILTER: 14,
  GROUP: 15,
  CRYPTO: 17,
  BAD_REQUEST: 1400,
  OVERLOAD: 1402,
  FORBIDDEN: 1403,
  BAD_MODE: 1405,
  CONFLICT: 1409,
  NOTSUP_MEDIA: 1415,
  ISE: 1500,
  DOWN: 1503,
  NOROOM: 1507,
} as const;

/** Predefined codes of access control start here. */
const PREDEFINED_FROM = 1000;

/** From here on the application defines the codes. */
const USER_DEFINED_FROM = 2000;

/** A described reason. */
export interface RejectionReason {
  /** API value. */
  readonly code: number;
  /** As in the header files, such as "SRT_REJX_FORBIDDEN". */
  readonly name: string;
  /** Short description in lower case, for a log line. */
  readonly text: string;
}

const REASONS: ReadonlyMap<number, readonly [name: string, text: string]> = new Map([
  [0, ["SRT_REJ_UNKNOWN", "no reason given"]],
  [1, ["SRT_REJ_SYSTEM", "a system call failed"]],
  [2, ["SRT_REJ_PEER", "rejected by the peer"]],
  [3, ["SRT_REJ_RESOURCE", "resources could not be allocated"]],
  [4, ["SRT_REJ_ROGUE", "invalid handshake"]],
  [5, ["SRT_REJ_BACKLOG", "too many callers waiting to be accepted"]],
  [6, ["SRT_REJ_IPE", "internal error of libsrt"]],
  [7, ["SRT_REJ_CLOSE", "the socket is being closed"]],
  [8, ["SRT_REJ_VERSION", "SRT version too old"]],
  [9, ["SRT_REJ_RDVCOOKIE", "both sides have the same rendezvous cookie"]],
  [10, ["SRT_REJ_BADSECRET", "wrong passphrase"]],
  [11, ["SRT_REJ_UNSECURE", "passphrase missing on one side"]],
  [12, ["SRT_REJ_MESSAGEAPI", "stream and message mode do not match"]],
  [13, ["SRT_REJ_CONGESTION", "live and file mode do not match"]],
  [14, ["SRT_REJ_FILTER", "packet filters do not match"]],
  [15, ["SRT_REJ_GROUP", "bonding is not possible"]],
  [16, ["SRT_REJ_TIMEOUT", "no answer in time"]],
  [17, ["SRT_REJ_CRYPTO", "ciphers do not match"]],
  [1000, ["SRT_REJX_FALLBACK", "rejected by the application"]],
  [1001, ["SRT_REJX_KEY_NOTSUP", "a key in the stream ID is not supported"]],
  [1002, ["SRT_REJX_FILEPATH", "wrong or unknown file path"]],
  [1003, ["SRT_REJX_HOSTNOTFOUND", "unknown host in the stream ID"]],
  [1400, ["SRT_REJX_BAD_REQUEST", "stream ID not understood"]],
  [1401, ["SRT_REJX_UNAUTHORIZED", "missing or wrong credentials"]],
  [1402, ["SRT_REJX_OVERLOAD", "too many sessions"]],
  [1403, ["SRT_REJX_FORBIDDEN", "not allowed"]],
  [1404, ["SRT_REJX_NOTFOUND", "no such resource"]],
  [1405, ["SRT_REJX_BAD_MODE", "mode not supported"]],
  [1406, ["SRT_REJX_UNACCEPTABLE", "the requested parameters are not possible"]],
  [1409, ["SRT_REJX_CONFLICT", "name already in use"]],
  [1415, ["SRT_REJX_NOTSUP_MEDIA", "type of connection not supported"]],
  [1423, ["SRT_REJX_LOCKED", "resource is locked"]],
  [1424, ["SRT_REJX_FAILED_DEPEND", "a session that this one depends on has ended"]],
  [1500, ["SRT_REJX_ISE", "internal error of the application"]],
  [1501, ["SRT_REJX_UNIMPLEMENTED", "not implemented"]],
  [1502, ["SRT_REJX_GW", "rejected by the target behind a gateway"]],
  [1503, ["SRT_REJX_DOWN", "shutting down"]],
  [1505, ["SRT_REJX_VERSION", "SRT version not supported"]],
  [1507, ["SRT_REJX_NOROOM", "the listener cannot record"]],
]);

/**
 * Describes a reason.
 *
 * @param code API value, any number
 */
export function describeRejection(code: number): RejectionReason {
  const known = REASONS.get(code);
  if (known !== undefined) return { code, name: known[0], text: known[1] };
  if (code >= USER_DEFINED_FROM) {
    return {
      code,
      name: `SRT_REJC_USERDEFINED+${code - USER_DEFINED_FROM}`,
      text: "a reason that the application defines",
    };
  }
  if (code >= PREDEFINED_FROM) {
    return { code, name: `SRT_REJC_PREDEFINED+${code - PREDEFINED_FROM}`, text: `unknown reason ${code}` };
  }
  return { code, name: "SRT_REJ_UNKNOWN", text: `unknown reason ${code}` };
}

/**
 * Lists the reasons with their counts, the most frequent first. A reason is an API value, or null if the caller was sent none.
 */
export function countByReason(times: ReadonlyMap<number | null, number>): RefusalCount[] {
  return Array.from(times, ([reason, times]) => {
    return { reason, name: reason === null ? null : describeRejection(reason).name, times };
  }).sort((one, other) => other.times - one.times);
}
