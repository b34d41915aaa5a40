/**
 * What a recording is called: `NAME_YYYY-MM-DD_HH-MM-SS.ts`, safe on every file system.
 *
 * @module
 */

/** Longest NAME in bytes of UTF-8: with time stamp, number and ending it stays below the 255 of every file system. */
const NAME_BYTES = 180;

/** Not in file names: control and invisible characters, path separators, what FAT, NTFS and shells cannot take. */
const UNSAFE = /[\p{C}\p{Z}/\\:*?"<>|'`$&;!#%{}()[\]~^]+/gu;

/** When the recording began, and in which time the name is to say so. */
export interface NameTime {
  /** In ms since the epoch. */
  readonly startMs: number;
  readonly utc: boolean;
}

/** A file name without folder. `attempt` from 2 up is put behind the time stamp where the name is taken. */
export function recordingFileName(name: string, { startMs, utc }: NameTime, attempt = 1): string {
  const suffix = attempt === 1 ? "" : `-${attempt}`;
  return `${sanitise(name)}_${formatStamp(new Date(startMs), utc)}${suffix}.ts`;
}

function sanitise(name: string): string {
  const safe = name.normalize("NFC").replaceAll(UNSAFE, "_").replaceAll(/\.{2,}/g, "_");
  const trimmed = cut(safe.replaceAll(/_{2,}/g, "_")).replace(/^[._-]+/, "").replace(/[._-]+$/, "");
  return trimmed === "" ? "stream" : trimmed;
}

/** Cuts to {@linkcode NAME_BYTES} without breaking a character. */
function cut(name: string): string {
  const bytes = new Uint8Array(NAME_BYTES);
  const { read } = new TextEncoder().encodeInto(name, bytes);
  return name.slice(0, read);
}

function formatStamp(time: Date, utc: boolean): string {
  const [year, month, day, hour, minute, second] = utc
    ? [
      time.getUTCFullYear(),
      time.getUTCMonth() + 1,
      time.getUTCDate(),
      time.getUTCHours(),
      time.getUTCMinutes(),
      time.getUTCSeconds(),
    ]
    : [time.getFullYear(), time.getMonth() + 1, time.getDate(), time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${year}-${two(month)}-${two(day)}_${two(hour)}-${two(minute)}-${two(second)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
