/**
 * A target of `--forward`: an SRT listener that is called for each session.
 *
 * @module
 */

import { formatEndpoint } from "../report/format.ts";
import { type FileNaming, formatStreamId } from "./file_name.ts";
import type { NamePart } from "./name_template.ts";

/** How a listener is called. Null: libsrt's default, or none. */
export interface ForwardCall {
  /** Numeric address without brackets, or a name to look up. */
  readonly host: string;
  readonly port: number;
  readonly latencyMs: number | null;
  /** AES key length in bytes: 16, 24 or 32. */
  readonly keyLength: number | null;
  readonly connectTimeoutMs: number | null;
  /** 10..79 bytes; null: not encrypted. A secret. */
  readonly passphrase: string | null;
  /** libsrt to load; null: search for it. */
  readonly libsrt: string | null;
}

/** A target before the fields of its stream ID are replaced. */
export interface ForwardTemplate extends ForwardCall {
  /** Literal text and fields; null: no stream ID. It may hold a secret. */
  readonly streamId: readonly NamePart[] | null;
}

/** What the process that forwards the payload of one session gets: the first line of its stdin, as JSON. Payload follows. */
export interface ForwardTicket extends ForwardCall {
  /** May hold a secret. */
  readonly streamId: string | null;
}

/** What that process reports: a line of JSON on its stderr. */
export type ForwardReport =
  /** A problem as text; further lines are hints. `problem`: the problem alone, for the report at the end. */
  | { readonly warning: string; readonly problem: string }
  /** The end of a problem as text. */
  | { readonly notice: string }
  /** Totals since its start. `acknowledgedBytes`: payload that the listener has acknowledged. */
  | { readonly connections: number; readonly acknowledgedBytes: number };

/** Returns the ticket for one session. */
export function forwardTicket(
  { streamId, ...call }: ForwardTemplate,
  naming: Omit<FileNaming, "template" | "segment">,
): ForwardTicket {
  return { ...call, streamId: streamId === null ? null : formatStreamId(streamId, { ...naming, segment: 1 }) };
}

/** Returns the name of a target for messages: without its query, which may hold a secret. */
export function forwardName({ host, port }: Pick<ForwardCall, "host" | "port">): string {
  return `srt://${formatEndpoint({ address: host, port })}`;
}
