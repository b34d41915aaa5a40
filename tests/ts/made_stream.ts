/** TS packets that a test builds, so that the offsets of errors are known. */

export const PACKET = 188;
export const PMT_PID = 0x1000;
export const VIDEO_PID = 0x100;
export const AUDIO_PID = 0x101;

/** The packets of one stream, with a counter for each PID. */
export class MadeStream {
  readonly #packets: Uint8Array<ArrayBuffer>[] = [];
  readonly #counters = new Map<number, number>();

  /** Offset of the next packet. */
  get offset(): number {
    return this.#packets.length * PACKET;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.offset);
    this.#packets.forEach((packet, index) => bytes.set(packet, index * PACKET));
    return bytes;
  }

  /** Adds the next packet of a PID. */
  packet(
    pid: number,
    { payload = new Uint8Array(0), start = false, pcrMs = null, discontinuity = false, change = () => {} }: {
      readonly payload?: Uint8Array;
      readonly start?: boolean;
      readonly pcrMs?: number | null;
      readonly discontinuity?: boolean;
      readonly change?: (packet: Uint8Array) => void;
    } = {},
  ): this {
    const counter = ((this.#counters.get(pid) ?? -1) + 1) % 16;
    this.#counters.set(pid, counter);
    const packet = new Uint8Array(PACKET).fill(0xff);
    packet.set([0x47, (start ? 0x40 : 0) | pid >> 8, pid & 0xff, 0x10 | counter]);
    let at = 4;
    if (pcrMs !== null || discontinuity) {
      packet[3] = 0x30 | counter;
      packet.set([7, (discontinuity ? 0x80 : 0) | (pcrMs === null ? 0 : 0x10), ...encodePcr(pcrMs ?? 0)], 4);
      at = 12;
    }
    packet.set(payload, at);
    change(packet);
    this.#packets.push(packet);
    return this;
  }

  /** Adds a packet that contains one whole section. */
  section(pid: number, section: Uint8Array, change?: (packet: Uint8Array) => void): this {
    const payload = new Uint8Array([0, ...section]);
    return this.packet(pid, change === undefined ? { payload, start: true } : { payload, start: true, change });
  }

  /** Adds PAT and PMT of one service with video (and its PCR) and audio. */
  tables(): this {
    return this.section(0, pat([[1, PMT_PID]])).section(
      PMT_PID,
      pmt(1, VIDEO_PID, [[0x1b, VIDEO_PID], [0x0f, AUDIO_PID]]),
    );
  }

  /** Adds a second of a healthy service from `fromMs` on: tables, a PCR, video and audio every 40 ms. */
  second(fromMs: number): this {
    for (let ms = fromMs; ms < fromMs + 1000; ms += 40) {
      this.tables().packet(VIDEO_PID, { pcrMs: ms }).packet(VIDEO_PID).packet(AUDIO_PID);
    }
    return this;
  }
}

/** How packets are laid out: bytes before each packet, and after it. */
export interface Framing {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

export const FRAMINGS: readonly Framing[] = [
  { name: "188-byte packets", before: 0, after: 0 },
  { name: "192-byte packets with time stamps", before: 4, after: 0 },
  { name: "192-byte packets", before: 0, after: 4 },
  { name: "204-byte packets", before: 0, after: 16 },
];

/** Adds zeros around each packet of `bytes`; an incomplete packet at the end is omitted. */
export function framed(bytes: Uint8Array, { before, after }: Omit<Framing, "name">): Uint8Array<ArrayBuffer> {
  const packets = Math.floor(bytes.length / PACKET);
  const size = before + PACKET + after;
  const result = new Uint8Array(packets * size);
  for (let index = 0; index < packets; index += 1) {
    result.set(bytes.subarray(index * PACKET, (index + 1) * PACKET), index * size + before);
  }
  return result;
}

export function pat(programs: readonly (readonly [number, number])[], version = 0): Uint8Array {
  return longSection(0, 1, {
    version,
    body: programs.flatMap(([number, pid]) => [...word(number), ...word(0xe000 | pid)]),
  });
}

export function pmt(
  program: number,
  pcrPid: number,
  streams: readonly (readonly [type: number, pid: number, descriptors?: readonly number[]])[],
  version = 0,
): Uint8Array {
  const body = [...word(0xe000 | pcrPid), ...word(0xf000)];
  for (const [type, pid, descriptors = []] of streams) {
    body.push(type, ...word(0xe000 | pid), ...word(0xf000 | descriptors.length), ...descriptors);
  }
  return longSection(2, program, { version, body });
}

/** A long section with its checksum. */
export function longSection(
  tableId: number,
  id: number,
  { version = 0, number = 0, last = 0, body }: {
    readonly version?: number;
    readonly number?: number;
    readonly last?: number;
    readonly body: readonly number[];
  },
): Uint8Array {
  const section = [tableId, ...word(0xb000 | body.length + 9), ...word(id), 0xc1 | version << 1, number, last, ...body];
  const crc = crcBitByBit(section);
  return new Uint8Array([...section, crc >>> 24, crc >>> 16 & 0xff, crc >>> 8 & 0xff, crc & 0xff]);
}

/** The checksum as the standard defines it: a register of 32 bits, one bit at a time. */
function crcBitByBit(bytes: readonly number[]): number {
  let register = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const out = (register >>> 31) ^ (byte >> bit & 1);
      register = (register << 1) ^ (out === 1 ? 0x04c11db7 : 0);
    }
  }
  return register >>> 0;
}

function encodePcr(ms: number): readonly number[] {
  const base = BigInt(Math.round(ms * 90)) % (1n << 33n);
  const bits = base << 15n | 0x3fn << 9n;
  return [40n, 32n, 24n, 16n, 8n, 0n].map((shift) => Number(bits >> shift & 0xffn));
}

function word(value: number): readonly number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

/** The bytes of RTP datagrams with seven packets each; packets at the end that do not fill one are omitted. */
export function inRtp(packets: Uint8Array, type = 33): Uint8Array<ArrayBuffer> {
  const size = 7 * PACKET;
  const count = Math.floor(packets.length / size);
  const payloads = Array.from({ length: count }, (_, index) => packets.subarray(index * size, (index + 1) * size));
  return rtpDatagrams(payloads, { type });
}

/** The bytes of consecutive RTP datagrams with these payloads (RFC 3550, 5.1). */
export function rtpDatagrams(
  payloads: readonly Uint8Array[],
  { type = 33, sequence = 1, step = 1, ssrc = 0x12345678, csrcs = 0, extension = 0 }: {
    readonly type?: number;
    readonly sequence?: number;
    /** From one sequence number to the next. */
    readonly step?: number;
    readonly ssrc?: number;
    readonly csrcs?: number;
    /** Length of the header extension in 32-bit words. */
    readonly extension?: number;
  } = {},
): Uint8Array<ArrayBuffer> {
  const flags = 0x80 | (extension > 0 ? 0x10 : 0) | csrcs;
  return Uint8Array.from(payloads.flatMap((payload, index) => [
    flags,
    type,
    ...word(sequence + index * step),
    ...word(0),
    ...word(index * 3000),
    ...word(ssrc >> 16),
    ...word(ssrc),
    ...new Array(csrcs * 4).fill(0xcc),
    ...(extension > 0 ? [0xbe, 0xde, ...word(extension), ...new Array(extension * 4).fill(0xee)] : []),
    ...payload,
  ]));
}
