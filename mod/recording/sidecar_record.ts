/**
 * What a sidecar (`FILE.json` beside a recording) says.
 *
 * Fields are only ever added; {@linkcode SIDECAR_SCHEMA_VERSION} grows when one is.
 *
 * @module
 */

import type { Endpoint, EndReason, SrtStatistics, TsHealth } from "../report/events.ts";
import type { LossSummary } from "./loss_map.ts";

/** Version of the sidecar's fields. */
export const SIDECAR_SCHEMA_VERSION = 1;

/** What is known when a recording begins. */
export interface SidecarStart {
  readonly schema: number;
  /** Name of the recording, without folder. */
  readonly file: string;
  readonly session: string;
  readonly caller: Endpoint;
  readonly local: Endpoint;
  /** The stream's name out of the stream ID, or null. */
  readonly stream: string | null;
  /** The whole stream ID with secrets masked, or null. */
  readonly streamId: string | null;
  /** The caller's SRT version. */
  readonly srtVersion: string;
  /** Negotiated receiver latency in ms. */
  readonly latencyMs: number;
  readonly encrypted: boolean;
  /** AES key length in bytes, 0 where not encrypted. */
  readonly keyLength: number;
  /** When the session began: RFC 3339 in UTC with milliseconds. */
  readonly start: string;
}

/** Checksum of the recording; `value` is null until it is whole. */
export interface Checksum {
  readonly algorithm: "sha256";
  /** In lower-case hexadecimal digits. */
  readonly value: string | null;
}

/** What is known when it has ended. */
export interface SidecarEnd {
  /** When the session ended, as `start`. After `recover`: when the file was written last. */
  readonly end: string;
  /** `interrupted`: its process died, and `recover` wrote this. */
  readonly reason: EndReason | "interrupted";
  /** The reason in words. */
  readonly text: string;
  readonly durationMs: number;
  /** Size of the recording. */
  readonly bytes: number;
  /** The last statistics; null where none are known. */
  readonly statistics: SrtStatistics | null;
  /**
   * Where packets are missing; null after `recover`, for only the session knew. It knows of the last moments too, which
   * `statistics` may not: libsrt gives none of a connection that is over, and the last ones are up to 200 ms older.
   */
  readonly losses: LossSummary | null;
  /** TS health; null with `--no-analyze`. */
  readonly ts: TsHealth | null;
  /** Null without `--checksum`. */
  readonly checksum: Checksum | null;
}

/** A sidecar while its recording runs: what is known only at the end is null. */
export type RunningSidecar =
  & SidecarStart
  & { readonly state: "recording"; readonly checksum: Checksum | null }
  & { readonly [Field in Exclude<keyof SidecarEnd, "checksum">]: null };

/** A sidecar at the end. */
export type FinalSidecar = SidecarStart & SidecarEnd & { readonly state: "final" };
