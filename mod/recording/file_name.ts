/**
 * The name of a recording, made from a template and safe on every file system. By default: `NAME_YYYY-MM-DD_HH-MM-SS.ts`.
 *
 * @module
 */

import { type NamePart, type NameTemplate, type NameValues, placeholderOf } from "./name_template.ts";

/** Longest text of a field in bytes of UTF-8: with time stamp, number and endings a file name stays below 255. */
export const NAME_BYTES = 180;
/** Bytes of a name in addition to the text of a field: `_YYYY-MM-DD_HH-MM-SS`, or other text of the template. */
const REST_BYTES = 20;
/** Shortest text of a field when a name must be shortened. */
const SHORTEST_TEXT_BYTES = 4;
/** Our choice: the limit of a field's text is multiplied by this until the name fits. */
const SHORTER = 0.9;

/** Control and invisible characters, blanks, separators, and what FAT, NTFS and shells reject or interpret. */
const UNSAFE_CHARACTERS = String.raw`\p{C}\p{Z}\\:*?"<>|'\x60$&;!#%{}()[\]~^`;
/** Not in file names. */
const UNSAFE = new RegExp(`[${UNSAFE_CHARACTERS}/]+`, "gu");
/** Not in a value of a stream ID with keys. A stream name may have slashes; only dots between them could name another folder. */
const UNSAFE_IN_KEYED_VALUE = new RegExp(`[${UNSAFE_CHARACTERS},=]+|(?<=^|/)\\.+(?=/|$)`, "gu");
/** Not in a value of another stream ID, in which `publish/` and `,mode=publish` have a meaning. */
const UNSAFE_IN_PLAIN_VALUE = new RegExp(`[${UNSAFE_CHARACTERS}/,=]+`, "gu");

/** Names that Windows, and some drivers of FAT, treat as a device, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * Name of the manifest of a folder. No recording has this name, because recordings end in `.ts`. If a template gives a folder this
 * name, `_` is appended to it.
 */
export const MANIFEST_NAME = "recordings.sha256";
const TAKEN = /^recordings\.sha256(?:\.part)?$/i;

/** What the names of a session's files are made of. */
export interface FileNames {
  readonly template: NameTemplate;
  readonly values: NameValues;
  /** Date and time in UTC rather than local time. */
  readonly utc: boolean;
}

/** What the name of one file is made of. */
export interface FileNaming extends FileNames {
  /** When the file begins, in ms since the epoch. */
  readonly startMs: number;
  /** Its number in its session, from 1. */
  readonly segment: number;
}

/** What a folder requires of a name. */
export interface NameForm {
  /** A number that is appended to the name if it is 2 or more, because earlier names are taken. */
  readonly attempt?: number;
  /** Longest text of a field in bytes; {@linkcode NAME_BYTES} unless given. A folder or file name can be 20 bytes longer. */
  readonly nameBytes?: number;
  /** ASCII only: letters lose their accents, other characters become `_`. */
  readonly ascii?: boolean;
}

/** Returns a path relative to the folder of recordings: folders of the template and the file name. */
export function recordingFileName(naming: FileNaming, form: NameForm = {}): string {
  const { attempt = 1 } = form;
  const suffix = attempt === 1 ? "" : `-${attempt}`;
  const perFile = fieldsOfFile(naming);
  const components = naming.template.map((parts) => componentOf(parts, { ...form, values: naming.values, perFile }));
  return `${components.join("/")}${suffix}.ts`;
}

/** Returns one folder or file name. Texts of fields that are too long are cut. */
function componentOf(
  parts: readonly NamePart[],
  { values, perFile, nameBytes = NAME_BYTES, ascii = false }: NameForm & Record<"values" | "perFile", NameValues>,
): string {
  const limit = nameBytes + REST_BYTES;
  const allowed = (text: string) => ascii ? toAscii(text) : text;
  const joined = (textBytes: number) =>
    parts.map((part) => {
      if (typeof part === "string") return allowed(part);
      return perFile[part.field] ??
        (sanitize(allowed(values[part.field] ?? ""), textBytes) || placeholderOf(part.field));
    }).join("");
  let textBytes = nameBytes;
  while (bytesOf(joined(textBytes)) > limit && textBytes > SHORTEST_TEXT_BYTES) {
    textBytes = Math.floor(textBytes * SHORTER);
  }
  const safe = sanitize(joined(textBytes), limit) || "recording"; // all of it was unsafe
  return safe.replace(DEVICE, (name) => `${name}_`).replace(TAKEN, (name) => `${name}_`);
}

function toAscii(name: string): string {
  return name.normalize("NFKD").replaceAll(/\p{M}+/gu, "").replaceAll(/\P{ASCII}+/gu, "_");
}

/** Returns a text with unsafe characters replaced by `_`, cut to `bytes` of UTF-8; empty if only `.`, `_` and `-` would be left. */
export function sanitize(text: string, bytes: number): string {
  const safe = text.normalize("NFC").replaceAll(UNSAFE, "_").replaceAll(/\.{2,}/g, "_");
  return cut(safe.replaceAll(/_{2,}/g, "_"), bytes).replace(/^[._-]+/, "").replace(/[._-]+$/, "");
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Cuts to `bytes` of UTF-8 without breaking a character. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}

/**
 * Returns literal text and fields as one text. The value of each field is as safe as in a file name: never empty, without blanks,
 * and with no dash at its start.
 */
export function formatParts(parts: readonly NamePart[], naming: Omit<FileNaming, "template">): string {
  return joinParts(parts, naming, (value) => sanitize(value, NAME_BYTES));
}

/**
 * Returns a stream ID of literal text and fields. The values have no character that is unsafe in a file name, and neither commas nor
 * equals signs, so that a caller cannot add a key. In the standard form (`#!::`), they keep slashes. Signs at their ends are kept,
 * unlike in file names: `.admin` must not become `admin`.
 */
export function formatStreamId(parts: readonly NamePart[], naming: Omit<FileNaming, "template">): string {
  const [first] = parts;
  const hasKeys = typeof first === "string" && first.startsWith("#!::");
  const unsafe = hasKeys ? UNSAFE_IN_KEYED_VALUE : UNSAFE_IN_PLAIN_VALUE;
  return joinParts(parts, naming, (value) => cut(value.normalize("NFC").replaceAll(unsafe, "_"), NAME_BYTES));
}

function joinParts(
  parts: readonly NamePart[],
  naming: Omit<FileNaming, "template">,
  makeSafe: (value: string) => string,
): string {
  const perFile = fieldsOfFile(naming);
  return parts.map((part) => {
    if (typeof part === "string") return part;
    return perFile[part.field] ?? (makeSafe(naming.values[part.field] ?? "") || placeholderOf(part.field));
  }).join("");
}

/** Returns the fields that differ from file to file. */
function fieldsOfFile({ startMs, utc, segment }: Omit<FileNaming, "template">): NameValues {
  const offsetMinutes = utc ? 0 : -new Date(startMs).getTimezoneOffset();
  // formatted as UTC, the time plus the offset is the local time
  const [date = "", time = ""] = new Date(startMs + offsetMinutes * 60_000).toISOString().slice(0, 19).split("T");
  return {
    date,
    time: time.replaceAll(":", "-"),
    offset: formatOffset(offsetMinutes),
    segment: String(segment).padStart(4, "0"),
  };
}

/** Formats an offset as `UTC+0100`. Without `UTC`, a minus sign at the beginning of a name would be removed. */
function formatOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const digits = Math.floor(size / 60) * 100 + Math.floor(size % 60);
  return `UTC${minutes < 0 ? "-" : "+"}${String(digits).padStart(4, "0")}`;
}

/** Returns the path of another file relative to the folder of a file. Both are absolute, without `.` and `..`. */
export function relativePath(file: string, other: string): string {
  const from = file.split("/").slice(0, -1);
  const to = other.split("/");
  let shared = 0;
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared += 1;
  return [...from.slice(shared).map(() => ".."), ...to.slice(shared)].join("/");
}
