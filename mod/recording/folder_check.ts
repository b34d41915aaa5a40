/**
 * Checks whether new recordings can be written: the folder exists, is on the same disk as when the listener started, and has
 * room. After a recording has failed, the folder must also pass a trial: a test write.
 *
 * @module
 */

import { type DiskSpace, readDiskSpace } from "../os/disk_space.ts";
import { withDeadline } from "../os/deadline.ts";
import { formatBytes } from "../report/format.ts";
import { tryToWrite } from "./folder_trial.ts";
import type { SinkError } from "./sink_error.ts";

/** Our choice: 6 s at 20 Mbit/s. With less, a recording is refused rather than begun. */
const MIN_FREE_BYTES = 16_777_216;
/** On a small disk, this fraction of it is enough. */
const MIN_FREE_FRACTION = 0.05;
/** A recording, its sidecar, and the final sidecar, which is a file of its own until it is complete. */
const MIN_FREE_FILES = 3;
/**
 * A disk that takes longer than this counts as not answering. Our choice: a caller that waits for the check still gets a
 * rejection in time. A local disk on which writes stall still answers the check, and payload can wait for it in memory.
 */
const GIVE_UP_MS = 1000;
/** Our choice: how old the result of a check in advance may be: two round trips over a satellite. */
const PREPARED_MS = 1500;
/** Our choice: shortest time between two checks in advance, so that a flood of callers does not occupy the disk. */
const PREPARE_EACH_MS = 100;
/** Our choice: how long callers are refused after a failed trial before the next trial. */
const TRIAL_EACH_MS = 2000;

/** Returns the bytes that must be free on a disk of this size, whatever the operator sets. */
export function requiredFreeBytes(totalBytes: number): number {
  return Math.min(MIN_FREE_BYTES, totalBytes * MIN_FREE_FRACTION);
}

/** Returns what to do if a disk has too little space. `minFreeBytes`: as for {@linkcode judgeFolder}. */
export function spaceHint({ totalBytes }: Pick<DiskSpace, "totalBytes">, minFreeBytes: number): string {
  return totalBytes > 0 && minFreeBytes >= totalBytes
    ? `set --min-free to less than ${formatBytes(totalBytes)}, the size of the disk`
    : "make room in the folder of recordings; a restart is not needed";
}

/** What identifies the disk of a folder. */
export interface FolderIdentity {
  /** Device number of its file system. */
  readonly device: number;
  /** As in {@linkcode DiskSpace}; null if the file system gave no answer. */
  readonly id: bigint | null;
}

/** Why nothing can be recorded. */
export interface FolderProblem {
  readonly kind: "gone" | "changed" | "silent" | "full" | "failed";
  readonly text: string;
  /** What the operator can do. */
  readonly hint: string;
}

/** What was found at the path of the folder. */
export interface FoundFolder {
  /** Null if there is no folder, or it cannot be read. */
  readonly device: number | null;
  /** Null if the file system gave no answer. */
  readonly space: DiskSpace | null;
}

/** Returns whether a folder is still on the same disk as at the start. */
function isSameDisk(remembered: FolderIdentity, { device, space }: FoundFolder): boolean {
  return device === remembered.device ||
    (space !== null && space.id !== 0n && space.id === remembered.id); // the same disk under another device number
}

/**
 * Returns why nothing can be recorded in a folder that was identified at the start, or null.
 *
 * @param options `found`: what is at its path now. `minFreeBytes`: bytes that must stay free by the operator's setting; 0 for
 * none.
 */
export function judgeFolder(
  path: string,
  { remembered, found, minFreeBytes }: {
    readonly remembered: FolderIdentity;
    readonly found: FoundFolder;
    readonly minFreeBytes: number;
  },
): FolderProblem | null {
  const { device, space } = found;
  if (device === null) return goneFolder(path);
  if (!isSameDisk(remembered, found)) {
    return {
      kind: "changed",
      text: `the folder of recordings is on a different disk than at the start: ${path}`,
      hint: "mount its disk again; to record to this disk, restart the listener",
    };
  }
  if (space === null) return null;
  const hint = spaceHint(space, minFreeBytes);
  const isSizeKnown = space.totalBytes > 0; // some file systems report 0
  const requiredBytes = requiredFreeBytes(space.totalBytes);
  if (isSizeKnown && space.freeBytes < Math.max(requiredBytes, minFreeBytes)) {
    const limit = minFreeBytes > requiredBytes
      ? `${formatBytes(minFreeBytes)} (--min-free)`
      : formatBytes(requiredBytes);
    const text = `no space for its recording: ${formatBytes(space.freeBytes)} are free in ${path}, less than ${limit}`;
    return { kind: "full", text, hint };
  }
  if (space.freeFiles !== null && space.freeFiles < MIN_FREE_FILES) {
    return { kind: "full", text: `no space for its recording: no more files can be created in ${path}`, hint };
  }
  return null;
}

/** Describes that there is no folder at the path, or that it cannot be read. */
export function goneFolder(path: string): FolderProblem {
  return {
    kind: "gone",
    text: `the folder of recordings is gone: ${path}`,
    hint: "create it again, or mount its disk again; a restart is not needed",
  };
}

function silentFolder(path: string): FolderProblem {
  return {
    kind: "silent",
    text: `the disk of the folder of recordings does not answer: ${path}`,
    hint: "check the disk, or the server and the network behind it; a restart is not needed",
  };
}

function failedTrial({ message, reason, hint }: SinkError): FolderProblem {
  return {
    ...(reason === "disk-full"
      ? { kind: "full", text: `no space for its recording: ${message}` }
      : { kind: "failed", text: `nothing can be recorded: ${message}` }),
    hint: `${hint}; a restart is not needed`,
  };
}

/** Checks one folder. Callers that arrive together share a check. */
export class FolderCheck {
  readonly #path: string;
  readonly #now: () => number;
  readonly #minFreeBytes: () => number;
  readonly #remembered: Promise<FolderIdentity>;
  /** The check in progress. Only one runs at a time, because each may occupy a thread for as long as a disk does not answer. */
  #running: Promise<FolderProblem | null | "late"> | null = null;
  /** When the last check in advance began, if it found no problem; otherwise -Infinity. */
  #preparedMs = -Infinity;
  /** When the last check in advance began, whatever it found. */
  #prepareBeganMs = -Infinity;
  /** Whether a recording has failed, and no trial has succeeded since. */
  #needsTrial = false;
  /** The last trial, if it failed. */
  #failed: { readonly problem: FolderProblem; readonly atMs: number } | null = null;

  /**
   * Remembers the folder's disk.
   *
   * @param path Absolute path of an existing folder.
   * @param options `now`: a monotonic clock, in ms; `minFreeBytes`: returns the bytes that must stay free by the operator's
   * current setting, 0 for none.
   */
  constructor(
    path: string,
    { now, minFreeBytes = () => 0 }: { readonly now: () => number; readonly minFreeBytes?: () => number },
  ) {
    this.#path = path;
    this.#now = now;
    this.#minFreeBytes = minFreeBytes;
    const { dev: device } = Deno.statSync(path);
    this.#remembered = readDiskSpace(path).then((space) => ({ device, id: space?.id ?? null }));
  }

  /** Starts a check in advance, so that a caller who is expected does not have to wait in {@linkcode check}. */
  prepare(): void {
    const nowMs = this.#now();
    if (this.#running !== null || nowMs < this.#prepareBeganMs + PREPARE_EACH_MS) return;
    this.#prepareBeganMs = nowMs;
    this.#preparedMs = -Infinity;
    void this.#start().then((problem) => {
      if (problem === null) this.#preparedMs = nowMs;
    });
  }

  /** Returns why nothing can be recorded now, or null. */
  async check(): Promise<FolderProblem | null> {
    if (this.#running === null && !this.#needsTrial && this.#now() < this.#preparedMs + PREPARED_MS) return null;
    const problem = await (this.#running ?? this.#start());
    return problem === "late" ? silentFolder(this.#path) : problem;
  }

  /**
   * Reads the space of the disk. Returns null if the folder is gone or is on another disk than at the start, or if the disk does
   * not report its size. Waits without a time limit for a disk that does not answer.
   */
  async readSpace(): Promise<DiskSpace | null> {
    const { remembered, found } = await this.#ask();
    if (found.device === null || found.space?.totalBytes === 0) return null;
    return isSameDisk(remembered, found) ? found.space : null;
  }

  /** Notes that a recording has failed: no caller is admitted until a trial shows that the folder can be written to. */
  requireTrial(): void {
    this.#needsTrial = true;
  }

  #start(): Promise<FolderProblem | null | "late"> {
    const finding = this.#find();
    const running = withDeadline(finding, GIVE_UP_MS);
    this.#running = running;
    const clear = () => {
      this.#running = null;
    };
    // only now, because `clear` must run after `#running` is set: `withDeadline` may make the first timer of the process, and
    // Deno may run pending callbacks then (seen in 2.9.6)
    finding.then(clear, clear);
    return running;
  }

  async #find(): Promise<FolderProblem | null> {
    const { remembered, found } = await this.#ask();
    const problem = judgeFolder(this.#path, { remembered, found, minFreeBytes: this.#minFreeBytes() });
    return problem === null && this.#needsTrial ? await this.#try() : problem;
  }

  async #ask(): Promise<{ readonly remembered: FolderIdentity; readonly found: FoundFolder }> {
    const [remembered, device, space] = await Promise.all([
      this.#remembered,
      deviceOf(this.#path),
      readDiskSpace(this.#path),
    ]);
    return { remembered, found: { device, space } };
  }

  /** Tries to write, unless that failed a moment ago; returns why it failed, or null. */
  async #try(): Promise<FolderProblem | null> {
    if (this.#failed !== null && this.#now() < this.#failed.atMs + TRIAL_EACH_MS) return this.#failed.problem;
    this.#needsTrial = false; // before the trial, so that a recording that fails during it makes another one necessary
    const error = await tryToWrite(this.#path);
    this.#failed = error === null ? null : { problem: failedTrial(error), atMs: this.#now() };
    this.#needsTrial ||= error !== null;
    return this.#failed?.problem ?? null;
  }
}

/** Returns the device number of a folder, or null if there is none or it cannot be read. */
async function deviceOf(path: string): Promise<number | null> {
  try {
    const { isDirectory, dev } = await Deno.stat(path);
    return isDirectory ? dev : null;
  } catch {
    return null;
  }
}
