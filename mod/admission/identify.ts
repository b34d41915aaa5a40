/**
 * Identifies a caller by the name in its stream ID. If the `[[stream]]` table that matches the name has `as`, the name is a
 * stream key, and the value of `as` replaces it.
 *
 * @module
 */

import { canonicalName, parseStreamId, type StreamId } from "../packet/stream_id.ts";
import { type AdmissionPolicy, tableFor } from "./policy.ts";

/**
 * Parses a stream ID, and replaces a stream key with the name that its table gives. The key remains in `streamKey` only.
 *
 * @param text As `decodeConclusion` returns it; null and the empty text mean none
 */
export function identify({ streams }: Pick<AdmissionPolicy, "streams">, text: string | null): StreamId {
  const streamId = parseStreamId(text);
  const as = tableFor(streams, streamId.name)?.as ?? null;
  return as === null ? streamId : named(streamId, as);
}

/** Replaces the name in a stream ID, which may be a stream key, with another one. The key remains in `streamKey` only. */
export function named(streamId: StreamId, name: string): StreamId {
  const { name: sent, user } = streamId;
  if (sent === null || sent === name) return { ...streamId, name };
  const isKey = user !== null && canonicalName(user) === sent;
  return { ...streamId, name, streamKey: sent, user: isKey ? null : user, keys: new Map(), masked: name };
}
