/** Tests of mod/ts/cut_finder.ts and random_access.ts: streams of ffmpeg are cut, and ffprobe reads the parts. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { CutFinder } from "../../mod/ts/cut_finder.ts";
import { firstVideoFrame, runFfmpeg } from "../support/ffmpeg.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { inRtp, MadeStream } from "./made_stream.ts";

const PACKET = 188;
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"];
const SOUND = ["-f", "lavfi", "-i", "sine=sample_rate=48000"];
/** A key frame every half second. */
const GOP = ["-g", "12"];

const STREAMS: Readonly<Record<string, readonly string[]>> = {
  "MPEG-2": [...PICTURE, "-c:v", "mpeg2video", ...GOP],
  "MPEG-4 part 2": [...PICTURE, "-c:v", "mpeg4", ...GOP],
  "H.264 with sound": [...PICTURE, ...SOUND, "-c:v", "libx264", "-preset", "ultrafast", ...GOP, "-c:a", "aac"],
  "H.265": [...PICTURE, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=12"],
};

async function make(folder: TemporaryFolder, options: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const file = folder.file("stream.ts");
  await runFfmpeg([...options, "-t", "3", "-f", "mpegts", file]);
  return Deno.readFileSync(file);
}

/** Gives a finder what follows offset `from`, in chunks, and returns the cut as an offset in `stream`. */
function findCut(stream: Uint8Array<ArrayBuffer>, { from, chunkBytes = 1316 }: {
  readonly from: number;
  readonly chunkBytes?: number;
}): number | null {
  const finder = new CutFinder();
  for (let at = from; at < stream.length && finder.cut === null; at += chunkBytes) {
    finder.push(stream.subarray(at, at + chunkBytes));
    ok(finder.decidedBytes <= at + chunkBytes - from);
  }
  return finder.cut === null ? null : from + finder.cut;
}

/** Clears the random-access indicator of all packets. */
function withoutMarks(stream: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const result = stream.slice();
  for (let at = 0; at < result.length; at += PACKET) {
    if (((result[at + 3] ?? 0) & 0x20) !== 0 && (result[at + 4] ?? 0) > 0) {
      result[at + 5] = (result[at + 5] ?? 0) & ~0x40;
    }
  }
  return result;
}

for (const [name, options] of Object.entries(STREAMS)) {
  for (const marked of [true, false]) {
    Deno.test(`CutFinder cuts ${name} at a PAT, and the rest begins with a key frame; random-access indicators: ${marked}`, async () => {
      using folder = new TemporaryFolder();
      const made = await make(folder, options);
      const stream = marked ? made : withoutMarks(made);
      for (const fraction of [0.1, 0.35, 0.6]) {
        const from = Math.floor(stream.length * fraction / PACKET) * PACKET;
        const cut = findCut(stream, { from });
        if (cut === null) throw new Error(`no cut after ${from}`);
        deepStrictEqual([cut % PACKET, (stream[cut + 1] ?? 0) & 0x1f, stream[cut + 2]], [0, 0, 0]);
        Deno.writeFileSync(folder.file("rest.ts"), stream.subarray(cut));
        const { isKey, errors } = await firstVideoFrame(folder.file("rest.ts"));
        deepStrictEqual([isKey, errors], [true, ""]);
        strictEqual(findCut(stream, { from, chunkBytes: 61 }), cut); // with chunks of another size
      }
    });
  }
}

for (const name of ["MPEG-2", "H.264 with sound"]) {
  Deno.test(`CutFinder finds the last cut of ${name}`, async () => {
    using folder = new TemporaryFolder();
    const stream = await make(folder, STREAMS[name] ?? []);
    let last = 0;
    for (let cut = findCut(stream, { from: 0 }); cut !== null; cut = findCut(stream, { from: cut + PACKET })) {
      last = cut;
    }
    const finder = new CutFinder("last");
    for (let at = 0; at < stream.length; at += 1000) finder.push(stream.subarray(at, at + 1000));
    deepStrictEqual([finder.cut, last > stream.length / 2], [last, true]);
  });
}

Deno.test("CutFinder cuts a stream without video at the next PAT", async () => {
  using folder = new TemporaryFolder();
  const stream = await make(folder, [...SOUND, "-c:a", "mp2"]);
  const from = 50 * PACKET;
  const cut = findCut(stream, { from }) ?? 0;
  deepStrictEqual([(stream[cut + 1] ?? 0) & 0x1f, stream[cut + 2]], [0, 0]);
  for (let at = from; at < cut; at += PACKET) ok(((stream[at + 1] ?? 0) & 0x1f) !== 0 || stream[at + 2] !== 0);
});

Deno.test("CutFinder makes the cut at the end of a chunk if the payload is not TS", () => {
  const finder = new CutFinder();
  let pushed = 0;
  for (; finder.cut === null; pushed += 1000) finder.push(new Uint8Array(1000).fill(0x55));
  strictEqual(finder.cut, pushed);
  ok(pushed < 100_000);
});

/** Length of an RTP datagram with seven TS packets, which is one SRT message. */
const RTP_BYTES = 1328;

/** Seconds of RTP with TS inside. */
function rtpStream(seconds: number): Uint8Array<ArrayBuffer> {
  const stream = new MadeStream();
  for (let second = 0; second < seconds; second += 1) stream.second(second * 1000);
  return inRtp(stream.bytes());
}

/** Gives a finder SRT messages. `from`: where the search begins, in the first of them. */
function pushMessages(finder: CutFinder, messages: Uint8Array, from: number): void {
  for (let at = 0; at < messages.length; at += RTP_BYTES) {
    finder.push(messages.subarray(Math.max(at, from), at + RTP_BYTES));
  }
}

for (const from of [0, 12, 700]) {
  Deno.test(`CutFinder makes the cut between two SRT messages if they are RTP with TS inside; search from byte ${from}`, () => {
    const finder = new CutFinder();
    pushMessages(finder, rtpStream(7), from);
    deepStrictEqual([finder.cut !== null, (from + finder.settle()) % RTP_BYTES], [true, 0]);
  });

  Deno.test(`CutFinder settles for the end of an SRT message if too few have arrived to decide; search from byte ${from}`, () => {
    const finder = new CutFinder();
    const messages = rtpStream(1);
    pushMessages(finder, messages, from);
    deepStrictEqual([finder.cut, from + finder.settle()], [null, messages.length]);
  });
}

Deno.test("CutFinder makes the cut at the last PAT if no key frame arrives, and after the last packet if no PAT arrives", async () => {
  using folder = new TemporaryFolder();
  const stream = await make(folder, [...PICTURE, "-c:v", "mpeg2video", "-g", "1000"]);
  const finder = new CutFinder();
  finder.push(stream.subarray(20 * PACKET));
  strictEqual(finder.cut, null);
  const cut = 20 * PACKET + finder.settle();
  deepStrictEqual([(stream[cut + 1] ?? 0) & 0x1f, stream[cut + 2]], [0, 0]);
  strictEqual(finder.cut, finder.settle());
  const packet = Uint8Array.from({ length: PACKET }, (_, index) => [0x47, 0x1f, 0xff, 0x10][index] ?? 0xff);
  const padded = new CutFinder();
  for (let packets = 0; packets < 10; packets += 1) padded.push(packet);
  strictEqual(padded.settle(), 10 * PACKET);
});

Deno.test("CutFinder does not throw for noise in packets", () => {
  const finder = new CutFinder();
  for (let packets = 0; packets < 5000 && finder.cut === null; packets += 1) {
    const packet = crypto.getRandomValues(new Uint8Array(PACKET));
    packet.set([0x47, 0x40, packets % 3, 0x10 | packets % 0x40]);
    finder.push(packet);
    ok(finder.decidedBytes <= (packets + 1) * PACKET);
  }
});
