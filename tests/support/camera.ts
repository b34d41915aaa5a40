/**
 * ffmpeg as an encoder with a live picture and sound, held by `await using`.
 *
 * @module
 */

import { DEADLINE_MS } from "./deadline.ts";
import { runFfmpeg } from "./ffmpeg.ts";

const VIDEO = "testsrc2=size=320x180:rate=25";
const AUDIO = "sine=frequency=440:sample_rate=48000";

/** Options of ffmpeg that encode what every browser plays, with a key frame each second. */
const PLAYABLE = [
  ..."-c:v libx264 -preset ultrafast -tune zerolatency -g 25 -b:v 600k -pix_fmt yuv420p".split(" "),
  ..."-c:a aac -b:a 64k".split(" "),
];

/** Writes to a file what a camera sends in some seconds. */
export async function recordCamera(file: string, seconds: number): Promise<void> {
  await runFfmpeg([
    ...["-f", "lavfi", "-i", VIDEO, "-f", "lavfi", "-i", AUDIO, "-t", String(seconds)],
    ...[...PLAYABLE, "-f", "mpegts", file],
  ]);
}

/** What a camera sends. */
export interface CameraOptions {
  readonly port: number;
  readonly streamId: string;
  /** A source of video of ffmpeg; a moving test picture unless given. */
  readonly video?: string;
  /** A source of sound of ffmpeg; a tone of -18 dB unless given. */
  readonly audio?: string;
  /** Options of ffmpeg for the encoders; H.264 and AAC unless given. */
  readonly encoders?: readonly string[];
  /** A file that is sent again and again in place of a new picture. */
  readonly file?: string;
}

/** A camera that calls. */
export class Camera implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;

  /** Starts it. It calls at once. */
  constructor(
    {
      port,
      streamId,
      video = VIDEO,
      audio = AUDIO,
      encoders = PLAYABLE,
      file,
    }: CameraOptions,
  ) {
    const input = file === undefined
      ? ["-re", "-f", "lavfi", "-i", video, "-f", "lavfi", "-i", audio, ...encoders]
      : ["-re", "-stream_loop", "-1", "-i", file, "-map", "0", "-c", "copy"];
    const query = `streamid=${encodeURIComponent(streamId)}&connect_timeout=${DEADLINE_MS}&pkt_size=1316`;
    this.#process = new Deno.Command("ffmpeg", {
      args: [
        ...["-hide_banner", "-loglevel", "error", "-nostdin", ...input],
        ...["-f", "mpegts", `srt://127.0.0.1:${port}?${query}`],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Sends nothing more. Its connection lasts until the listener ends it, after 5 s. */
  stall(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#process.status;
  }
}
