/**
 * Decodes a CONCLUSION: everything that a caller sends about itself before a process is started for it.
 *
 * @module
 */

import {
  decodeExtensions,
  EXTENSION_COMMAND as COMMAND,
  EXTENSION_FLAG as FLAG,
  type Extensions,
  WORD_BYTES,
} from "./extension.ts";
import { decodeGroup, type Group } from "./group.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE, HANDSHAKE_VERSION } from "./handshake.ts";
import { HANDSHAKE_BYTES } from "./header.ts";
import { decodeHsreq } from "./hsreq.ts";
import { decodeKeyMaterial, type KeyMaterial } from "./kmreq.ts";
import { isMalformed, type Malformed, malformed } from "./malformed.ts";
import { decodeText } from "./text_block.ts";

/** Limits of libsrt's CHandShake::valid (srtcore/handshake.cpp): libsrt does not answer a handshake beyond them. */
const MAX_INITIAL_SEQUENCE = 0x7ffffffe;
const MIN_MSS = 32;
const MIN_FLOW_WINDOW = 2;
const MAX_SIGNED = 0x7fffffff;

/** UDT's datagram socket type, in the extension field of every HSv4 CONCLUSION. */
const HSV4_DATAGRAM = 2;

/**
 * The blocks that are decoded, and the bit of the extension field that announces each. A block whose bit is not set is skipped,
 * as in libsrt, so that admission and the session read the same blocks.
 */
const ANNOUNCED_BY: ReadonlyMap<number, number> = new Map<number, number>([
  [COMMAND.HSREQ, FLAG.HSREQ],
  [COMMAND.KMREQ, FLAG.KMREQ],
  [COMMAND.SID, FLAG.CONFIG],
  [COMMAND.CONGESTION, FLAG.CONFIG],
  [COMMAND.FILTER, FLAG.CONFIG],
  [COMMAND.GROUP, FLAG.CONFIG],
]);

/** A decoded CONCLUSION. Owns all its bytes, so that the datagram's buffer may be used again. */
export interface Conclusion {
  readonly kind: "conclusion";
  readonly handshake: Handshake;
  /** 4 for a caller whose libsrt is older than 1.3. Such a caller cannot send blocks: all fields below are null or 0. */
  readonly hsVersion: 4 | 5;
  /** "1.5.1"; null without HSREQ. */
  readonly srtVersion: string | null;
  /** Bits of {@linkcode HSREQ_FLAG}; 0 without HSREQ. */
  readonly flags: number;
  /** TSBPD delay that the caller requests for what it receives, 0..65535 ms; 0 without HSREQ. */
  readonly receiverLatencyMs: number;
  /** TSBPD delay that the caller requests for what it sends, 0..65535 ms; 0 without HSREQ. */
  readonly senderLatencyMs: number;
  /** As sent, for `parseStreamId`; null without SID, or if it is empty. May contain secrets. */
  readonly streamId: string | null;
  /** As sent, such as "live" or "file"; null without CONGESTION, which means live mode. */
  readonly congestion: string | null;
  /** As sent, such as "fec,cols:10,rows:5"; null without FILTER. */
  readonly packetFilter: string | null;
  /** Null if the caller does not encrypt. */
  readonly keyMaterial: KeyMaterial | null;
  /** Null if the caller is not bonded. */
  readonly group: Group | null;
}

/** Blocks that may be repeated, because libsrt uses the first of them. */
const REPEATABLE: readonly number[] = [COMMAND.HSREQ, COMMAND.KMREQ];

/**
 * Decodes a CONCLUSION with all its blocks, in any order, as libsrt does. This function is stricter than libsrt in two respects,
 * so that a stream name is never missing or ambiguous. A CONCLUSION is malformed if an announced block is cut and no whole block
 * of the same kind precedes it. It is also malformed if a block other than HSREQ and KMREQ is repeated: libsrt 1.5.1 gives its
 * application a mixture of two stream IDs.
 *
 * @param datagram One UDP payload of any size; not kept
 * @returns The CONCLUSION, or {@linkcode Malformed} (draft-sharabayko-srt 4.3.1.2)
 */
export function decodeConclusion(datagram: Uint8Array): Conclusion | Malformed {
  const handshake = decodeHandshake(datagram);
  if (handshake.kind === "malformed") return handshake;
  if (handshake.type !== HANDSHAKE_TYPE.CONCLUSION) {
    return malformed(`handshake type ${handshake.type}, expected CONCLUSION`);
  }
  const bad = findBadField(handshake);
  if (bad !== null) return malformed(bad);
  switch (handshake.version) {
    case HANDSHAKE_VERSION.HSV4:
      return decodeHsv4(handshake);
    case HANDSHAKE_VERSION.HSV5:
      return decodeHsv5(handshake, datagram.subarray(HANDSHAKE_BYTES));
    default:
      return malformed(`handshake version ${handshake.version} is unknown, expected 4 or 5`);
  }
}

function findBadField(handshake: Handshake): string | null {
  const { initialSequence, mss, flowWindow } = handshake;
  if (initialSequence > MAX_INITIAL_SEQUENCE) return `initial sequence number ${initialSequence} is out of range`;
  if (mss < MIN_MSS || mss > MAX_SIGNED) return `MSS ${mss} is out of range`;
  if (flowWindow < MIN_FLOW_WINDOW || flowWindow > MAX_SIGNED) return `flow window ${flowWindow} is out of range`;
  return null;
}

function decodeHsv4(handshake: Handshake): Conclusion | Malformed {
  if (handshake.encryption !== 0 || handshake.extension !== HSV4_DATAGRAM) {
    return malformed(`HSv4 socket type ${handshake.encryption}/${handshake.extension}, expected 0/${HSV4_DATAGRAM}`);
  }
  return {
    kind: "conclusion",
    handshake,
    hsVersion: 4,
    srtVersion: null,
    flags: 0,
    receiverLatencyMs: 0,
    senderLatencyMs: 0,
    streamId: null,
    congestion: null,
    packetFilter: null,
    keyMaterial: null,
    group: null,
  };
}

function decodeHsv5(handshake: Handshake, bytes: Uint8Array): Conclusion | Malformed {
  if (handshake.extension === 0 || bytes.length < WORD_BYTES) {
    return malformed("version 5 CONCLUSION without extensions");
  }
  const extensions = decodeExtensions(bytes);
  if (isMalformed(extensions)) return extensions;
  const found = pickBlocks(extensions, handshake.extension);
  if (isMalformed(found)) return found;

  const hsreq = decodeFound(found, COMMAND.HSREQ, decodeHsreq);
  if (isMalformed(hsreq)) return hsreq;
  const keyMaterial = decodeFound(found, COMMAND.KMREQ, decodeKeyMaterial);
  if (isMalformed(keyMaterial)) return keyMaterial;
  const streamId = decodeFound(found, COMMAND.SID, decodeText);
  if (isMalformed(streamId)) return streamId;
  const congestion = decodeFound(found, COMMAND.CONGESTION, decodeText);
  if (isMalformed(congestion)) return congestion;
  const packetFilter = decodeFound(found, COMMAND.FILTER, decodeText);
  if (isMalformed(packetFilter)) return packetFilter;
  const group = decodeFound(found, COMMAND.GROUP, decodeGroup);
  if (isMalformed(group)) return group;

  return {
    kind: "conclusion",
    handshake,
    hsVersion: 5,
    srtVersion: hsreq?.srtVersion ?? null,
    flags: hsreq?.flags ?? 0,
    receiverLatencyMs: hsreq?.receiverLatencyMs ?? 0,
    senderLatencyMs: hsreq?.senderLatencyMs ?? 0,
    streamId: streamId || null, // a block of NULs counts as no stream ID
    congestion,
    packetFilter,
    keyMaterial,
    group,
  };
}

function pickBlocks(
  { blocks, cut }: Extensions,
  announced: number,
): ReadonlyMap<number, Uint8Array> | Malformed {
  const isAnnounced = (command: number) => (announced & (ANNOUNCED_BY.get(command) ?? 0)) !== 0;
  const found = new Map<number, Uint8Array>();
  for (const { command, data } of blocks) {
    if (!isAnnounced(command)) continue;
    if (!found.has(command)) found.set(command, data);
    else if (!REPEATABLE.includes(command)) return malformed(`extension block ${command} is repeated`);
  }
  if (cut !== null && isAnnounced(cut.command) && !found.has(cut.command)) return malformed(cut.text);
  const isMissing = (command: number) => isAnnounced(command) && !found.has(command);
  if (isMissing(COMMAND.KMREQ)) return malformed(`extension block ${COMMAND.KMREQ} is announced but missing`);
  // if all blocks are whole, libsrt accepts a CONCLUSION without HSREQ
  if (isMissing(COMMAND.HSREQ) && cut !== null) return malformed(cut.text);
  return found;
}

function decodeFound<T>(
  found: ReadonlyMap<number, Uint8Array>,
  command: number,
  decode: (data: Uint8Array) => T | Malformed,
): T | Malformed | null {
  const data = found.get(command);
  return data === undefined ? null : decode(data);
}
