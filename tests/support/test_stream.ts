/**
 * A real transport stream in a file, made by ffmpeg as fast as it can.
 *
 * @module
 */

import { runFfmpeg } from "./ffmpeg.ts";

/** Writes `seconds` of a test picture to `file` and returns its bytes. */
export async function makeTestStream(file: string, seconds: number): Promise<Uint8Array<ArrayBuffer>> {
  await runFfmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", String(seconds)],
    ...["-c:v", "mpeg2video", "-b:v", "1M", "-f", "mpegts", file],
  ]);
  return Deno.readFileSync(file);
}
