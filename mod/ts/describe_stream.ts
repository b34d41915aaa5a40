/**
 * Describes an elementary stream by its `stream_type`, and by its descriptors if the type is private.
 *
 * @module
 */

/** What an elementary stream carries. */
export interface StreamDescription {
  /** Such as `H.264 video`. */
  readonly text: string;
  /** Video and audio must never pause (ETSI TR 101 290, indicator 1.6); data may. Audio that may pause is `data` too. */
  readonly kind: "video" | "audio" | "data";
}

/** ISO/IEC 13818-1:2023, table 2-34; from 0x80 on ATSC A/53, SCTE 35 and common private types. */
const TYPES: Readonly<Record<number, StreamDescription>> = {
  0x01: video("MPEG-1"),
  0x02: video("MPEG-2"),
  0x03: audio("MPEG-1"),
  0x04: audio("MPEG-2"),
  0x05: data("private sections"),
  0x06: data("private data"),
  0x0b: data("DSM-CC U-N"),
  0x0c: data("DSM-CC stream descriptors"),
  0x0d: data("DSM-CC sections"),
  0x0f: audio("AAC"),
  0x10: video("MPEG-4 part 2"),
  0x11: audio("AAC (LATM)"),
  0x15: data("metadata"),
  0x1b: video("H.264"),
  0x1c: audio("AAC (raw)"),
  0x20: video("H.264 (MVC)"),
  0x21: video("JPEG 2000"),
  0x24: video("H.265"),
  0x2d: audio("MPEG-H"),
  0x32: video("JPEG XS"),
  0x33: video("H.266"),
  0x42: video("AVS"),
  0x81: audio("AC-3"),
  0x82: audio("DTS"),
  0x83: audio("TrueHD"),
  0x86: data("SCTE-35"),
  0x87: audio("E-AC-3"),
  0xd1: video("Dirac"),
  0xea: video("VC-1"),
};

/** Descriptors that identify private data (ETSI EN 300 468, table 12). */
const DESCRIPTORS: Readonly<Record<number, StreamDescription>> = {
  0x56: data("teletext"),
  0x59: data("DVB subtitles"),
  0x6a: audio("AC-3"),
  0x7a: audio("E-AC-3"),
  0x7b: audio("DTS"),
  0x7c: audio("AAC"),
};

/** `format_identifier` of a registration descriptor (0x05), as registered with SMPTE RA. */
const REGISTRATIONS: Readonly<Record<string, StreamDescription>> = {
  "AC-3": audio("AC-3"),
  "AV01": video("AV1"),
  "BSSD": audio("SMPTE 302M"),
  "CUEI": data("SCTE-35"),
  "DTS1": audio("DTS"),
  "DTS2": audio("DTS"),
  "DTS3": audio("DTS"),
  "EAC3": audio("E-AC-3"),
  "HEVC": video("H.265"),
  "KLVA": data("KLV metadata"),
  "Opus": audio("Opus"),
  "VC-1": video("VC-1"),
  "drac": video("Dirac"),
};

const REGISTRATION = 0x05;
const LANGUAGE = 0x0a;
/** Start of the private types. Descriptors identify those that are not listed above. */
const FIRST_USER_PRIVATE = 0x80;

/** Describes a stream; `descriptors` is the loop of its PMT entry. */
export function describeStream(type: number, descriptors: Uint8Array): StreamDescription {
  let found = TYPES[type] ?? data(`type 0x${type.toString(16).padStart(2, "0")}`);
  const isPrivate = type === 0x06 || (type >= FIRST_USER_PRIVATE && TYPES[type] === undefined);
  let isExtraAudio = false;
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + (descriptors[at + 1] as number)) {
    const tag = descriptors[at] as number;
    const body = descriptors.subarray(at + 2, at + 2 + (descriptors[at + 1] as number));
    if (isPrivate && tag === REGISTRATION) found = REGISTRATIONS[String.fromCharCode(...body.subarray(0, 4))] ?? found;
    else if (isPrivate) found = DESCRIPTORS[tag] ?? found;
    // Audio with an audio_type above 0 (clean effects, hearing impaired, commentary) may pause (TR 101 290, 5.2.1).
    if (tag === LANGUAGE && body.length >= 4 && (body[3] as number) > 0) isExtraAudio = true;
  }
  return isExtraAudio && found.kind === "audio" ? { ...found, kind: "data" } : found;
}

function video(name: string): StreamDescription {
  return { text: `${name} video`, kind: "video" };
}

function audio(name: string): StreamDescription {
  return { text: `${name} audio`, kind: "audio" };
}

function data(text: string): StreamDescription {
  return { text, kind: "data" };
}
