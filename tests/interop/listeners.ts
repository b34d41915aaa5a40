/**
 * Other SRT programs as listeners, which `send` calls.
 *
 * @module
 */

import { TEST_PROGRAMS } from "../../scripts/install_commands.ts";
import { GSTREAMER, HOST } from "./callers.ts";
import { buildGosrt, GOSRT, installed } from "./install.ts";

/** One listener. */
export interface Listening {
  readonly port: number;
  readonly passphrase: string | null;
  /** File for what it receives. */
  readonly output: string;
}

/** A program that listens. */
export interface ListenerProgram {
  readonly name: string;
  /** Installs it, and returns its version. @throws {NotTriedError} */
  readonly install: () => Promise<string>;
  readonly command: (listening: Listening) => readonly string[];
  /** A line that it prints with the stream ID of a caller, if it prints one. */
  readonly accepted?: RegExp;
}

/** All listeners, in the order of the table in the manual. */
export const LISTENERS: readonly ListenerProgram[] = [
  {
    name: "ffmpeg",
    install: () => installed(TEST_PROGRAMS, ["ffmpeg", "-version"], /ffmpeg version ([\d.]+)/),
    command: ({ output, ...listening }) => [
      ...["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", "-y"],
      // as data, so that nothing is changed
      ...["-f", "data", "-i", uriOf(listening), "-map", "0", "-c", "copy", "-f", "data", output],
    ],
  },
  {
    name: "srt-live-transmit",
    install: () => installed(TEST_PROGRAMS, ["srt-live-transmit", "-version"], /SRT Library version: ([\d.]+)/),
    // it can write to its standard output only, not to a file
    command: ({ output, ...listening }) => [
      ...["sh", "-c", 'exec srt-live-transmit -a:no "$0" file://con > "$1"', uriOf(listening), output],
    ],
  },
  {
    name: "GStreamer srtsrc",
    install: () => installed(GSTREAMER, ["gst-launch-1.0", "--version"], /GStreamer ([\d.]+)/),
    command: ({ port, passphrase, output }) => [
      ...["gst-launch-1.0", "srtsrc", "mode=listener", `uri=srt://${HOST}:${port}?mode=listener`],
      ...(passphrase === null ? [] : [`passphrase=${passphrase}`]),
      ...["!", "filesink", "buffer-mode=unbuffered", `location=${output}`],
    ],
  },
  {
    name: "gosrt",
    install: buildGosrt,
    command: ({ port, passphrase, output }) => [
      ...[GOSRT, "listen", `${HOST}:${port}`, `output=${output}`],
      ...(passphrase === null ? [] : [`passphrase=${passphrase}`]),
    ],
    accepted: /^accepted (.*)$/,
  },
];

function uriOf({ port, passphrase }: Omit<Listening, "output">): string {
  return `srt://${HOST}:${port}?mode=listener${passphrase === null ? "" : `&passphrase=${passphrase}`}`;
}
