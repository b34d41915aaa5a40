/**
 * The streams that all programs send.
 *
 * @module
 */

import { LIVE_MESSAGE_BYTES } from "../support/srt_caller.ts";
import type { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

/** One stream. */
export interface Material {
  /** Its file, which every user can read: VLC runs as another user. */
  readonly file: string;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly bitsPerSecond: number;
}

/** The streams of the matrix. */
export interface Materials {
  /** Sent to its end. */
  readonly whole: Material;
  /** For sessions that the test ends before the stream does, even if the machine stalls for seconds. */
  readonly long: Material;
}

const WHOLE_SECONDS = 3;
const LONG_SECONDS = 20;

/** Makes both streams, of whole SRT messages: srt-live-transmit and GStreamer's tsparse drop an incomplete last one. */
export async function makeMaterials(folder: TemporaryFolder): Promise<Materials> {
  Deno.chmodSync(folder.path, 0o755);
  return {
    whole: await makeMaterial(folder.file("whole.ts"), WHOLE_SECONDS),
    long: await makeMaterial(folder.file("long.ts"), LONG_SECONDS),
  };
}

async function makeMaterial(file: string, seconds: number): Promise<Material> {
  const stream = await makeTestStream(file, seconds);
  const payload = stream.slice(0, stream.length - stream.length % LIVE_MESSAGE_BYTES);
  Deno.writeFileSync(file, payload);
  return { file, payload, bitsPerSecond: payload.length * 8 / seconds };
}
