/**
 * Judges a caller by the SRT options of its session, as the libsrt of its process would.
 *
 * @module
 */

import type { Conclusion } from "../packet/conclusion.ts";
import { HSREQ_FLAG, versionNumber } from "../packet/hsreq.ts";
import { filterMismatch } from "../packet/packet_filter.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import type { SessionOptions } from "../srt/session_option.ts";
import type { TermsInForce } from "./policy.ts";
import { type Reject, reject } from "./verdict.ts";

/** Judges by version and packet filter. */
export function judgeSrtOptions(
  { srtVersion, packetFilter }: Pick<Conclusion, "srtVersion" | "packetFilter">,
  { srt, table }: Pick<TermsInForce, "srt" | "table">,
): Reject | null {
  const { minversion, packetfilter: own = null } = srt;
  const sourceOf = (name: keyof typeof srt) => table?.terms.srt[name] === undefined ? null : table.source;
  if (minversion !== undefined && versionNumber(srtVersion ?? "0.0.0") < minversion) {
    return reject(REJECTION.VERSION, {
      text: `the caller has SRT ${srtVersion ?? "of an unknown version"}, and minversion requires a later one`,
      advice: "update the caller, or lower minversion (--srt)",
      rule: sourceOf("minversion"),
    });
  }
  const mismatch = packetFilter === null ? null : filterMismatch(packetFilter, own);
  if (mismatch === null) return null;
  return reject(REJECTION.FILTER, {
    text: `the packet filter of the caller, ${JSON.stringify(packetFilter)}, cannot be used: ${mismatch}`,
    advice: own === null
      ? "correct packetfilter in the caller"
      : `set packetfilter in the caller to ${JSON.stringify(own)}, or change that of the listener (--srt)`,
    rule: sourceOf("packetfilter"),
  });
}

/**
 * Returns the SRT options for the session of this caller: without a packet filter if the caller does not support any, because
 * libsrt would wait for the filter's packets and request missing packets too late.
 */
export function optionsFor(
  { flags, packetFilter }: Pick<Conclusion, "flags" | "packetFilter">,
  { packetfilter, ...others }: SessionOptions,
): SessionOptions {
  const isSupported = packetFilter !== null || (flags & HSREQ_FLAG.FILTERCAP) !== 0;
  return packetfilter === undefined || !isSupported ? others : { ...others, packetfilter };
}
