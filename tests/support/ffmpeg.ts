/**
 * `ffmpeg` as a caller (non-blocking libsrt) and as a source of real MPEG-TS.
 *
 * @module
 */

import { DEADLINE_MS } from "./deadline.ts";

/** A live test picture. */
interface TestPicture {
  /** Gets the same MPEG-TS. */
  readonly file: string;
  readonly seconds: number;
}

/** A live test picture that is being sent, held by `await using`. */
export class SentPicture implements AsyncDisposable {
  readonly #ffmpeg: Ffmpeg;

  /**
   * @param uri SRT URI to call. `linger` makes ffmpeg wait until all was sent; `snddropdelay` keeps unsent payload if the machine
   * stalls for a second.
   */
  constructor(uri: string, { file, seconds }: TestPicture) {
    const target = `${uri}${
      uri.includes("?") ? "&" : "?"
    }linger=5&snddropdelay=-1&connect_timeout=${DEADLINE_MS}&pkt_size=1316`;
    this.#ffmpeg = new Ffmpeg([
      ...["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", String(seconds)],
      ...["-c:v", "mpeg2video", "-b:v", "1M", "-f", "tee", "-map", "0", `[f=mpegts]${file}|[f=mpegts]${target}`],
    ]);
  }

  /** Waits until all of it was sent. @throws {Error} ffmpeg has failed. */
  async sent(): Promise<void> {
    await this.#ffmpeg.ended();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ffmpeg[Symbol.asyncDispose]();
  }
}

/** Sends a live test picture to its end; the arguments are those of {@linkcode SentPicture}. */
export async function sendTestPicture(uri: string, picture: TestPicture): Promise<void> {
  await using sending = new SentPicture(uri, picture);
  await sending.sent();
}

/** Runs ffmpeg to its end and returns what it wrote to stderr. `mayFail`: it may exit with an error, as a refused caller does. */
export async function runFfmpeg(
  args: readonly string[],
  options: { readonly mayFail?: boolean } = {},
): Promise<string> {
  await using ffmpeg = new Ffmpeg(args);
  return await ffmpeg.ended(options);
}

/** A running ffmpeg. */
class Ffmpeg implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<Deno.CommandOutput>;

  constructor(args: readonly string[]) {
    this.#process = new Deno.Command("ffmpeg", {
      args: ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = this.#process.output();
  }

  /** Waits for its end, and returns what it wrote to stderr. */
  async ended({ mayFail = false }: { readonly mayFail?: boolean } = {}): Promise<string> {
    const { success, stderr } = await this.#output;
    const message = new TextDecoder().decode(stderr);
    if (!success && !mayFail) throw new Error(`ffmpeg failed: ${message}`);
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose](); // SIGTERM, if it still runs
    await this.#output;
  }
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
