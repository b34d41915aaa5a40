/**
 * Calculates when recordings begin, relative to a reference: by PCR if they are of the same stream, otherwise by wall clock.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { sidecarPath } from "../recording/sidecar_file.ts";
import { readProblem } from "../report/problem.ts";
import type { FinalSidecar, PacketTime } from "../vocabulary/sidecar.ts";
import { isLoop, pcrOffsetMs } from "./pcr_offset.ts";

/** The first schema of a sidecar with the time of the first packet. */
const MIN_SCHEMA = 3;
/**
 * Our choice: an offset by PCR that differs from the wall clock by more than this is not used. A loop, or a file that is sent
 * again, has the same packets at another time.
 */
const MAX_DIFFERENCE_MS = 10_000;
/**
 * Our choice: if the offset by PCR differs from the wall clock by more than this, or cannot be compared with it, the files are
 * searched for packets that are repeated. Loops are longer than this.
 */
const PLAUSIBLE_DIFFERENCE_MS = 250;
/** One tick of the PCR, rounded up to what is printed. */
const PCR_EXACT_MS = 0.001;
/** How exact the time of a first packet is if the machine was not overloaded (measured; see the manual). */
const WALL_CLOCK_EXACT_MS = 10;

const NEEDS_SIDECAR =
  "give recordings of srt-splitter that have their sidecars (FILE.ts.json) beside them; --no-sidecar turns sidecars off";

/** When a recording begins, relative to the reference, which is the recording that was given first. */
export interface Alignment {
  /** As it was given. */
  readonly file: string;
  /** When its first packet arrived (RFC 3339 in UTC), corrected by the steps of the clock during the session; null if not known. */
  readonly firstPacket: string | null;
  /** How much later than the reference it begins, in ms; negative if earlier. */
  readonly offsetMs: number;
  /** How the offset was found. */
  readonly by: "reference" | "pcr" | "wall-clock";
  /**
   * Precision of the offset, in ms. By wall clock, the difference between the clocks of the recording machines is not included.
   */
  readonly exactMs: number;
  /**
   * From the first PCR of the reference to the first PCR of this file; null if the files are not known to be of the same
   * stream, are of the same session, or have a jump of the PCR before what they have in common.
   */
  readonly pcrOffsetMs: number | null;
  /** From the first packet of the reference to the first packet of this file; null if a time is not known. */
  readonly wallClockOffsetMs: number | null;
}

/** A recording cannot be aligned. */
export class AlignError extends Error {
  override readonly name = "AlignError";
  /** What to do. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: { readonly hint: string } & ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** The fields of a sidecar that are used. */
type ClockFacts = Pick<FinalSidecar, "first" | "firstPacket" | "clockSteps">;

/** A sidecar whose fields were not checked yet. */
type Unchecked = Partial<Record<keyof FinalSidecar, unknown>>;

/** A recording and its sidecar. */
interface Recorded {
  readonly file: string;
  readonly sidecar: ClockFacts;
}

/** Aligns `files`, the first of which is the reference. @throws {AlignError} */
export function alignRecordings(files: readonly string[]): readonly Alignment[] {
  const recordings = files.map((file) => ({ file, sidecar: readSidecar(file) }));
  const [reference] = recordings;
  if (reference === undefined) return [];
  return recordings.map((recording) => align(recording, reference));
}

function align(recording: Recorded, reference: Recorded): Alignment {
  const { file } = recording;
  const firstMs = firstPacketMs(recording);
  const firstPacket = firstMs === null ? null : new Date(firstMs).toISOString();
  if (recording === reference) {
    const same = { offsetMs: 0, by: "reference", exactMs: 0, pcrOffsetMs: null, wallClockOffsetMs: null } as const;
    return { file, firstPacket, ...same };
  }
  const offsets = {
    pcrOffsetMs: isSameSession(recording, reference) ? null : pcrOffsetMs(reference.file, file),
    wallClockOffsetMs: wallOffset(recording, reference),
  };
  const { wallClockOffsetMs } = offsets;
  if (offsets.pcrOffsetMs !== null && isPlausible(offsets, [reference.file, file])) {
    return { file, firstPacket, offsetMs: offsets.pcrOffsetMs, by: "pcr", exactMs: PCR_EXACT_MS, ...offsets };
  }
  if (wallClockOffsetMs !== null) {
    return {
      file,
      firstPacket,
      offsetMs: wallClockOffsetMs,
      by: "wall-clock",
      exactMs: WALL_CLOCK_EXACT_MS,
      ...offsets,
    };
  }
  const unknown = JSON.stringify(firstMs === null ? file : reference.file);
  throw new AlignError(
    `cannot align ${JSON.stringify(file)}: the time of the first packet of ${unknown} is not known, and ${
      offsets.pcrOffsetMs === null
        ? "no offset can be calculated by PCR"
        : "packets with a PCR are repeated, as in a loop"
    }`,
    { hint: `the session of ${unknown} was interrupted; its sidecar has the time at which the file began (start)` },
  );
}

/**
 * Returns whether the offset by PCR can be used: it agrees with the wall clock, or the wall clock does not contradict it and no
 * packets are repeated.
 */
function isPlausible(
  { pcrOffsetMs, wallClockOffsetMs }: Pick<Alignment, "pcrOffsetMs" | "wallClockOffsetMs">,
  files: readonly string[],
): boolean {
  const differenceMs = wallClockOffsetMs === null ? null : Math.abs((pcrOffsetMs ?? 0) - wallClockOffsetMs);
  if (differenceMs !== null && differenceMs > MAX_DIFFERENCE_MS) return false;
  return (differenceMs !== null && differenceMs <= PLAUSIBLE_DIFFERENCE_MS) || !files.some(isLoop);
}

/** Reports whether both files are of one session. Such files have no packet in common, unless the caller sent one twice. */
function isSameSession(recording: Recorded, reference: Recorded): boolean {
  return firstFileOf(recording) === firstFileOf(reference);
}

/**
 * Returns the difference of the arrival times. For two files of one session, steps of the clock are not added, because both times
 * are by the clock as it was set at the start of the session.
 */
function wallOffset(recording: Recorded, reference: Recorded): number | null {
  const [ms, referenceMs] = [recording, reference].map(isSameSession(recording, reference) ? arrivalMs : firstPacketMs);
  return ms === null || ms === undefined || referenceMs === null || referenceMs === undefined ? null : ms - referenceMs;
}

function firstFileOf({ file, sidecar }: Recorded): string {
  return resolve(dirname(file), sidecar.first);
}

function firstPacketMs(recording: Recorded): number | null {
  const ms = arrivalMs(recording);
  const steps = recording.sidecar.clockSteps ?? [];
  return ms === null ? null : steps.reduce((sum, { stepMs }) => sum + stepMs, ms);
}

function arrivalMs({ sidecar: { firstPacket: { time } } }: Recorded): number | null {
  return time === null ? null : Date.parse(time);
}

function checkReadable(file: string): void {
  try {
    using _file = Deno.openSync(file);
  } catch (cause) {
    throw new AlignError(`cannot read ${JSON.stringify(file)}: ${readProblem(cause)}`, {
      hint: "give recordings that this user may read, with their sidecars beside them",
      cause,
    });
  }
}

function readSidecar(file: string): ClockFacts {
  const path = sidecarPath(file);
  const failed = (what: string, options: { readonly hint: string } & ErrorOptions) =>
    new AlignError(`cannot align ${JSON.stringify(file)}: ${what}`, options);
  checkReadable(file);
  let content: Unchecked | null;
  try {
    content = JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw failed(`${path} is not a sidecar`, { hint: NEEDS_SIDECAR, cause });
    if (cause instanceof Deno.errors.NotFound) throw failed("it has no sidecar", { hint: NEEDS_SIDECAR, cause });
    throw failed(`cannot read its sidecar ${path}: ${readProblem(cause)}`, { hint: NEEDS_SIDECAR, cause });
  }
  const { state, schema, session } = content ?? {};
  if (typeof state !== "string" || typeof schema !== "number" || typeof session !== "string") {
    throw failed(`${path} is not a sidecar`, { hint: NEEDS_SIDECAR });
  }
  if (schema < MIN_SCHEMA) {
    throw failed(`its sidecar has schema ${schema}, without the time of the first packet`, {
      hint: `recordings can be aligned if a version with sidecars of schema ${MIN_SCHEMA} or later has recorded them`,
    });
  }
  if (state !== "final") {
    throw failed("it is still being recorded, or was interrupted", {
      hint: `wait for its end, or complete its sidecar: srt-splitter recover ${dirname(file)}`,
    });
  }
  if (!isClockFacts(content)) throw failed(`${path} is damaged`, { hint: NEEDS_SIDECAR });
  return content;
}

function isClockFacts(content: Unchecked | null): content is ClockFacts {
  const { first, firstPacket, clockSteps } = content ?? {};
  const { time } = (firstPacket ?? {}) as Partial<Record<keyof PacketTime, unknown>>;
  const isTime = time === null || (typeof time === "string" && !Number.isNaN(Date.parse(time)));
  const hasSteps = clockSteps === null ||
    (Array.isArray(clockSteps) && clockSteps.every((step) => typeof step?.stepMs === "number"));
  return typeof first === "string" && isTime && hasSteps && hasDate(content as ClockFacts);
}

/** Returns whether the time of the first packet is still a date when the steps of the clock are added to it. */
function hasDate(sidecar: ClockFacts): boolean {
  return !Number.isNaN(new Date(firstPacketMs({ file: "", sidecar }) ?? 0).getTime());
}
