/**
 * What happens to a recording while it runs.
 *
 * @module
 */

import type { FinalSidecar } from "../vocabulary/sidecar.ts";
import type { SidecarFile } from "./sidecar_file.ts";
import type { SinkError } from "./sink_error.ts";

/** A change that the session reports. A `text` is for people. */
export type RecordingEvent =
  /** The first file is open. `rejoined`: the recording that it continues; absent for a new file. */
  | { readonly kind: "opened"; readonly file: string; readonly rejoined?: Rejoined }
  | NextFile
  | {
    /** The disk, or the program that reads stdout, has been behind since `sinceMs` of the recording's clock. */
    readonly kind: "stalled";
    readonly sinceMs: number;
    /** The folder of recordings; empty for stdout. */
    readonly folder: string;
    /** Type of the file system, such as `ext4`; null if unknown. */
    readonly fileSystem: string | null;
    readonly text: string;
  }
  | { readonly kind: "resumed"; readonly stalledMs: number; readonly droppedBytes: number; readonly text: string }
  /** The file was removed, replaced, moved or changed. Not reported again while this lasts. */
  | { readonly kind: "gone"; readonly text: string }
  /** A new file was due or ordered, and was not begun: the recording continues in the old one. */
  | { readonly kind: "not-cut"; readonly isOrdered: boolean; readonly text: string }
  /** Recording has ended because of a failure. */
  | { readonly kind: "failed"; readonly error: SinkError };

/** A recording that has ended, and is continued. */
export interface Rejoined {
  /** Its sidecar, as it was. */
  readonly sidecar: FinalSidecar;
  /** The sidecar in the state `recording` that has replaced it. The session owns it. */
  readonly running: SidecarFile;
}

/** The recording continues in another file. Taps have received exactly the `previousBytes` of the previous file. */
export interface NextFile {
  readonly kind: "next-file";
  readonly file: string;
  readonly previous: string;
  readonly previousBytes: number;
  /** Whether the previous file was removed, replaced, moved or changed. */
  readonly isPreviousGone: boolean;
  /** `size-limit`: the file system allows no larger file. `segment`: a new file was due. `order`: a new file was ordered. */
  readonly cause: "size-limit" | "segment" | "order";
  readonly text: string;
}
