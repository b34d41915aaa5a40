/**
 * Finds where a transport stream can be cut in two, so that the second part plays on its own: at the last PAT before a
 * random-access point of the video, or at a PAT if there is no video. Payload that is not TS can be cut anywhere.
 *
 * @module
 */

import { ErrorLog } from "./error_log.ts";
import { PACKET_BYTES, type PacketAnalyzer, PacketSync, SYNC_BYTE } from "./packet_sync.ts";
import { parsePat, parsePmt, parseSection, PAT_TABLE, PMT_TABLE } from "./parse_section.ts";
import { isRandomAccess } from "./random_access.ts";
import { SectionReader } from "./section_reader.ts";

const PAT_PID = 0;
/**
 * Our choice: packets in a row that show that the payload is TS. In payload with a header in each SRT message, such as RTP, at most
 * seven packets follow one another.
 */
const CERTAIN_PACKETS = 16;
/** Our choice: payload in which no packets are found after this many bytes is not TS. */
const FOREIGN_BYTES = 65_536;
/** Length of the time stamp that M2TS puts in front of each packet. */
const TIME_STAMP_BYTES = 4;

/** The video of a program. */
interface Video {
  readonly pid: number;
  /** `stream_type` of its PMT entry. */
  readonly type: number;
}

/**
 * Searches one stream, from any position. Offsets count from the first byte that is pushed. `first`: the search ends with the first
 * cut. `last`: it continues, and later cuts replace the first one.
 */
export class CutFinder {
  readonly #wanted: "first" | "last";
  readonly #sync: PacketSync;
  readonly #readers = new Map([[PAT_PID, new SectionReader()]]);
  /** By the PID of the PMT, in the order in which the PMTs arrived; null: the program has no video. */
  readonly #videos = new Map<number, Video | null>();
  #pushedBytes = 0;
  /** Offset of the last PAT. */
  #patAt: number | null = null;
  /** Offset of the last PAT after which the PMT of the video has arrived. */
  #tablesAt: number | null = null;
  #cut: number | null = null;

  constructor(wanted: "first" | "last" = "first") {
    this.#wanted = wanted;
    const analyzer: PacketAnalyzer = {
      analyze: (bytes, from, to, base, spacing) => this.#analyze(bytes, { from, to, base, spacing }),
      analyzeDamaged: () => {},
      reset: () => this.#readers.forEach((reader) => reader.interrupt()),
    };
    this.#sync = new PacketSync(analyzer, new ErrorLog(), { certainPackets: CERTAIN_PACKETS });
  }

  /** Offset at which the second part begins; null: not found yet. */
  get cut(): number | null {
    return this.#cut;
  }

  /** Bytes that belong to the first part in any case. */
  get decidedBytes(): number {
    return this.#cut ?? this.#tablesAt ?? this.#patAt ?? this.#sync.decided;
  }

  /**
   * Reads the next bytes, which are not kept. Does nothing once the search has ended. Payload that is not TS is cut at the end of
   * what was pushed, so push whole SRT messages if it must be cut between two of them.
   */
  push(bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    this.#pushedBytes += bytes.length;
    this.#sync.push(bytes);
    if (!this.#isTs && this.#pushedBytes > FOREIGN_BYTES) this.#cut = this.#pushedBytes;
  }

  get #hasEnded(): boolean {
    return this.#cut !== null && this.#wanted === "first";
  }

  get #isTs(): boolean {
    return this.#sync.spacing !== null;
  }

  /**
   * Decides the cut now, without a random-access point if none was found, and returns it: the last PAT after which the PMT of the
   * video has arrived, or else the last PAT, or else a place between two packets. If no packets were found, it is the end of what
   * was pushed.
   */
  settle(): number {
    return this.#cut ??= this.#isTs ? this.decidedBytes : this.#pushedBytes;
  }

  #analyze(
    bytes: Uint8Array,
    { from, to, base, spacing }: {
      readonly from: number;
      readonly to: number;
      readonly base: number;
      readonly spacing: number;
    },
  ): number {
    let at = from;
    for (; at + PACKET_BYTES <= to && bytes[at] === SYNC_BYTE; at += spacing) {
      if (!this.#hasEnded) this.#read(bytes.subarray(at, at + PACKET_BYTES), base + at);
    }
    return at;
  }

  #read(packet: Uint8Array, offset: number): void {
    const [, second = 0, third = 0, fourth = 0] = packet;
    if ((second & 0x80) !== 0 || (fourth & 0xc0) !== 0) return; // damaged or scrambled
    const pid = (second & 0x1f) << 8 | third;
    const startsUnit = (second & 0x40) !== 0;
    if (pid === PAT_PID && startsUnit) this.#patAt = offset - (this.#sync.hasTimeStamps ? TIME_STAMP_BYTES : 0);
    const reader = this.#readers.get(pid);
    if (reader !== undefined) {
      reader.read(payloadOf(packet), { startsUnit, onSection: (section) => this.#readSection(section, pid) });
    } else if (startsUnit && pid === this.#video?.pid && isRandomAccess(packet, this.#video.type)) {
      this.#cut = this.#tablesAt;
    }
  }

  /** The video of the first PMT that lists a video. Undefined until such a PMT has arrived. */
  get #video(): Video | undefined {
    return [...this.#videos.values()].find((video) => video !== null) ?? undefined;
  }

  #readSection(bytes: Uint8Array, pid: number): void {
    const section = parseSection(bytes);
    if (section === null || !section.current) return;
    if (section.tableId === PAT_TABLE && pid === PAT_PID) {
      for (const { pmtPid } of parsePat(section.body)) {
        if (!this.#readers.has(pmtPid)) this.#readers.set(pmtPid, new SectionReader());
      }
    } else if (section.tableId === PMT_TABLE && pid !== PAT_PID) {
      const video = parsePmt(section.body)?.streams.find(({ kind }) => kind === "video");
      this.#videos.set(pid, video ?? null);
      if (this.#video === undefined && this.#videos.size === this.#readers.size - 1) this.#cut = this.#patAt;
      else if (video !== undefined && video.pid === this.#video?.pid) this.#tablesAt = this.#patAt;
    }
  }
}

/** The payload of a packet; empty if it has none. */
function payloadOf(packet: Uint8Array): Uint8Array {
  const control = packet[3] ?? 0;
  if ((control & 0x10) === 0) return packet.subarray(PACKET_BYTES);
  return packet.subarray((control & 0x20) === 0 ? 4 : 5 + (packet[4] ?? 0));
}
