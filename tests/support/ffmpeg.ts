/**
 * `ffmpeg` as a caller (non-blocking libsrt) and as a source of real MPEG-TS.
 *
 * @module
 */

import { DEADLINE_MS } from "./deadline.ts";

/**
 * Sends a live test picture, and writes the same MPEG-TS to `file`.
 *
 * @param uri SRT URI to call. `linger` makes ffmpeg wait until all was sent; `snddropdelay` keeps unsent payload if the machine
 * stalls for a second.
 */
export async function sendTestPicture(
  uri: string,
  { file, seconds }: { readonly file: string; readonly seconds: number },
): Promise<void> {
  const target = `${uri}${
    uri.includes("?") ? "&" : "?"
  }linger=5&snddropdelay=-1&connect_timeout=${DEADLINE_MS}&pkt_size=1316`;
  await runFfmpeg([
    ...["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", String(seconds)],
    ...["-c:v", "mpeg2video", "-b:v", "1M", "-f", "tee", "-map", "0", `[f=mpegts]${file}|[f=mpegts]${target}`],
  ]);
}

/** Runs ffmpeg to its end and returns what it wrote to stderr. `mayFail`: it may exit with an error, as a refused caller does. */
export async function runFfmpeg(args: readonly string[], { mayFail = false } = {}): Promise<string> {
  const { success, stderr } = await new Deno.Command("ffmpeg", {
    args: ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const message = new TextDecoder().decode(stderr);
  if (!success && !mayFail) throw new Error(`ffmpeg failed: ${message}`);
  return message;
}

/** Decodes the first frame of the first video of a file. */
export async function firstVideoFrame(file: string): Promise<{ readonly isKey: boolean; readonly errors: string }> {
  const { stdout, stderr } = await new Deno.Command("ffprobe", {
    args: [
      ...["-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1"],
      ...["-show_entries", "frame=key_frame", "-of", "csv=p=0", file],
    ],
    stdin: "null",
  }).output();
  const [first = ""] = new TextDecoder().decode(stdout).split("\n");
  return { isKey: first.startsWith("1"), errors: new TextDecoder().decode(stderr) };
}
