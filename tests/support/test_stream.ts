/**
 * A real transport stream in a file, made by ffmpeg as fast as it can.
 *
 * @module
 */

import { runFfmpeg } from "./ffmpeg.ts";

/**
 * Writes `seconds` of a test picture to `file` and returns its bytes.
 *
 * @param picture `size`: width and height of the picture; `rate`: bit rate of the video, as ffmpeg expects them;
 * `gop`: frames from one key frame to the next, 12 unless given
 */
export async function makeTestStream(
  file: string,
  seconds: number,
  { size = "320x180", rate = "1M", gop = 12 } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  await runFfmpeg([
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25`, "-t", String(seconds)],
    ...["-c:v", "mpeg2video", "-g", String(gop), "-b:v", rate, "-f", "mpegts", file],
  ]);
  return Deno.readFileSync(file);
}
