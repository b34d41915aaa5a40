/**
 * Decodes the first key frame of a transport stream with ffmpeg, as JPEG.
 *
 * The payload comes from strangers, and decoders have had vulnerabilities. So ffmpeg gets the transport stream on its stdin and
 * may open nothing else. Its running time and the sizes of its input, of the picture and of each allocation are limited. If this
 * process is killed, the input ends, and so does ffmpeg.
 *
 * @module
 */

import type { Libc } from "../os/libc.ts";
import { isProgram, SIGNAL, SpawnedProgram } from "../os/spawn.ts";
import { sleep } from "../os/timer.ts";

/** Without variables, programs are searched for in the usual folders of the system. */
const PLACE = { environment: [], folder: "/" } as const;

/** Maximum number of bytes that are decoded. Our choice: more than a key frame and the tables in front of it have. */
const MAX_INPUT_BYTES = 16_777_216;
/** Maximum size of a picture. */
const MAX_PICTURE_BYTES = 4_194_304;
/** Bytes that are read at a time. */
const READ_BYTES = 65_536;
/** How long the stream may take to complete the key frame. After that, ffmpeg decodes what has arrived. Our choice. */
const INPUT_MS = 3000;
/** How long ffmpeg may take in total. */
const TOTAL_MS = 8000;
/** How long ffmpeg may take to end after it was killed. */
const KILLED_MS = 2000;
/** Pause between two checks. */
const CHECK_MS = 10;

/**
 * The options of `ffmpeg`. The stream is the only input, its format is given (MPEG-TS), and only key frames of its first video
 * stream are decoded.
 */
const ARGUMENTS: readonly string[] = [
  ...["-hide_banner", "-loglevel", "quiet", "-nostdin", "-timelimit", "5", "-max_alloc", "268435456"],
  ...["-protocol_whitelist", "pipe", "-f", "mpegts", "-probesize", "1000000", "-analyzeduration", "1000000"],
  ...["-max_pixels", "33177600", "-threads", "1", "-skip_frame", "nokey", "-i", "pipe:0"],
  ...["-map", "0:v:0", "-frames:v", "1"],
  ...["-vf", "scale=iw*sar:ih,setsar=1,scale='min(1280,iw)':-2,format=yuvj420p"],
  ...["-f", "image2pipe", "-c:v", "mjpeg", "-q:v", "4", "pipe:1"],
];

/** Reports whether ffmpeg is on this machine. */
export function hasFfmpeg(): boolean {
  return isProgram("ffmpeg", PLACE);
}

/**
 * Decodes the first key frame. Reads the stream as long as ffmpeg needs it, and cancels it then.
 *
 * @returns Null if there is no picture: the stream has no video, no key frame, or one that cannot be decoded.
 * @throws {OsError} ffmpeg cannot be started.
 */
export async function decodeKeyFrame(
  libc: Libc,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = stream.getReader();
  let program: SpawnedProgram | null = null;
  let fed: Promise<void> | null = null;
  try {
    program = SpawnedProgram.start(libc, { args: ["ffmpeg", ...ARGUMENTS], ...PLACE, stdout: "with-stderr" });
    fed = feed(program, reader);
    return await pictureOf(program);
  } finally {
    await reader.cancel().catch(() => {}); // the stream may have failed
    if (program !== null) await end(program);
    await fed;
  }
}

/** Passes the stream on until ffmpeg closes its input, the stream ends, or the limit is reached. Never rejects. */
async function feed(
  program: SpawnedProgram,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  try {
    for (let left = MAX_INPUT_BYTES; left > 0;) {
      const { value } = await reader.read();
      if (value === undefined) break;
      for (let rest = value.subarray(0, left); rest.length > 0;) {
        const written = program.write(rest);
        if (written === "closed") return;
        if (written === 0) await sleep(CHECK_MS);
        rest = rest.subarray(written);
        left -= written;
      }
    }
  } catch {
    // the recording cannot be read any more: ffmpeg decodes what it has
  }
  program.closeInput();
}

/** Waits for the end of ffmpeg, and returns what it has written if that is a picture. */
async function pictureOf(program: SpawnedProgram): Promise<Uint8Array<ArrayBuffer> | null> {
  const startMs = performance.now();
  const chunk = new Uint8Array(READ_BYTES);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const read = () => {
    // the picture: stdout goes into the pipe of stderr
    for (let length = program.readErrors(chunk); length > 0; length = program.readErrors(chunk)) {
      parts.push(chunk.slice(0, length));
      bytes += length;
    }
  };
  while (program.ended() === null) {
    read();
    const ms = performance.now() - startMs;
    if (ms > TOTAL_MS || bytes > MAX_PICTURE_BYTES) return null;
    if (ms > INPUT_MS) program.closeInput();
    await sleep(CHECK_MS);
  }
  read();
  const picture = new Uint8Array(await new Blob(parts).arrayBuffer());
  return picture[0] === 0xff && picture[1] === 0xd8 ? picture : null; // SOI, the first marker of JPEG
}

/** Kills ffmpeg if it still runs, and waits until it has ended, at most {@linkcode KILLED_MS}: the kernel may hold it. */
async function end(program: SpawnedProgram): Promise<void> {
  const untilMs = performance.now() + KILLED_MS;
  program.kill(SIGNAL.SIGKILL);
  while (program.ended() === null && performance.now() < untilMs) await sleep(CHECK_MS);
  program.close();
}
