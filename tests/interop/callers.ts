/**
 * Other SRT programs as callers.
 *
 * @module
 */

import type { Requirement } from "../../scripts/install_commands.ts";
import { TEST_PROGRAMS } from "../../scripts/install_commands.ts";
import { buildGosrt, buildSrtTokio, GOSRT, installed, NotTriedError, SRT_TOKIO } from "./install.ts";

/** Host of all calls. */
export const HOST = "127.0.0.1";

/** One call. */
export interface Call {
  readonly port: number;
  readonly streamId: string | null;
  readonly passphrase: string | null;
  /** File with the stream, for a program that does not read its standard input. */
  readonly input: string;
  /** File to which a program that changes the stream also writes what it sends, to compare the recording with; null: none. */
  readonly copy: string | null;
}

/** A program that calls. */
export interface CallerProgram {
  readonly name: string;
  /** Installs it, and returns its version. @throws {NotTriedError} */
  readonly install: () => Promise<string>;
  readonly command: (call: Call) => readonly string[];
  readonly reads: "standard input" | "file";
  /** A line that it prints once it is connected, if it must not get input before that. */
  readonly readyLine?: RegExp;
  /** What it sends: its input, the bytes of `copy`, or another stream with the same content. */
  readonly sends: "input" | "copy" | "other";
  /** Why its results are not the expected ones: printed after its name and a colon. */
  readonly fault?: string;
  /** What else is known about it, in the same form. */
  readonly note?: string;
}

/** GStreamer with its SRT elements, `srtsink` and `srtsrc`. */
export const GSTREAMER: readonly Requirement[] = [
  { kind: "program", names: ["gst-launch-1.0"], candidates: ["gstreamer1.0-tools"] },
  { kind: "file", names: ["gstreamer-1.0/libgstsrt.so"], candidates: ["gstreamer1.0-plugins-bad"] },
];

const VLC: readonly Requirement[] = [
  { kind: "program", names: ["vlc"], candidates: ["vlc-bin"] },
  { kind: "file", names: ["vlc/plugins/demux/libts_plugin.so"], candidates: ["vlc-plugin-base"] },
  {
    kind: "file",
    names: ["vlc/plugins/access_output/libaccess_output_srt_plugin.so"],
    candidates: ["vlc-plugin-access-extra"],
  },
];

/** VLC refuses to run as root. */
const AS_NOBODY = Deno.uid() === 0
  ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/nonexistent"]
  : [];

/** All callers, in the order of the table in the manual. */
export const CALLERS: readonly CallerProgram[] = [
  {
    name: "ffmpeg",
    install: () => installed(TEST_PROGRAMS, ["ffmpeg", "-version"], /ffmpeg version ([\d.]+)/),
    command: ({ copy, input, ...call }) => [
      ...["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning"],
      ...["-re", "-f", "mpegts", "-i", input, "-map", "0", "-c", "copy", "-f"],
      ...(copy === null
        ? ["mpegts", uriOf(call, "pkt_size=1316")]
        : ["tee", `[f=mpegts]${copy}|[f=mpegts]${uriOf(call, "pkt_size=1316&linger=5")}`]),
    ],
    reads: "file",
    sends: "copy",
  },
  {
    name: "srt-live-transmit",
    install: () => installed(TEST_PROGRAMS, ["srt-live-transmit", "-version"], /SRT Library version: ([\d.]+)/),
    command: (call) => ["srt-live-transmit", "-chunk:1316", "file://con", uriOf(call, "mode=caller")],
    reads: "standard input",
    readyLine: /SRT target connected/,
    sends: "input",
  },
  {
    name: "GStreamer srtsink",
    install: () => installed(GSTREAMER, ["gst-launch-1.0", "--version"], /GStreamer ([\d.]+)/),
    command: ({ port, streamId, passphrase }) => [
      ..."gst-launch-1.0 fdsrc fd=0 ! tsparse alignment=7 ! srtsink mode=caller".split(" "),
      `uri=srt://${HOST}:${port}`,
      ...(streamId === null ? [] : [`streamid=${streamId}`]),
      ...(passphrase === null ? [] : [`passphrase=${passphrase}`, "pbkeylen=16"]),
    ],
    reads: "standard input",
    sends: "input",
  },
  {
    name: "VLC",
    install: () => installed(VLC, [...AS_NOBODY, "vlc", "--version"], /VLC version ([\d.]+)/),
    command: ({ port, streamId, passphrase, input }) => [
      ...[...AS_NOBODY, "vlc", "-I", "dummy", "--play-and-exit", input],
      ...(streamId === null ? [] : ["--streamid", streamId]),
      ...(passphrase === null ? [] : ["--passphrase", passphrase]),
      ...["--sout", `#std{access=srt,mux=ts,dst=${HOST}:${port}}`],
    ],
    reads: "file",
    sends: "other",
    fault:
      "version 3.0.24, which is Debian's, connects, but sends no payload, neither to srt-splitter nor to srt-live-transmit",
  },
  {
    name: "gosrt",
    install: buildGosrt,
    command: (call) => [GOSRT, "call", ...ownOptions(call)],
    reads: "standard input",
    sends: "input",
  },
  {
    name: "srt-tokio",
    install: buildSrtTokio,
    command: (call) => [SRT_TOKIO, ...ownOptions(call)],
    reads: "standard input",
    readyLine: /^connected$/,
    note:
      "stops sending if its input begins with a burst, even to srt-live-transmit; so the test gives it input only after it has connected",
    sends: "input",
  },
  {
    name: "@eyevinn/srt",
    install: () => Promise.reject(new NotTriedError("the npm registry of the test machine does not have it")),
    command: () => [],
    reads: "standard input",
    sends: "input",
  },
];

/** The address with stream ID and passphrase, as ffmpeg and srt-live-transmit read it. */
function uriOf({ port, streamId, passphrase }: Omit<Call, "copy" | "input">, options: string): string {
  const query = [
    options,
    ...(streamId === null ? [] : [`streamid=${encodeURIComponent(streamId)}`]),
    ...(passphrase === null ? [] : [`passphrase=${passphrase}`]),
  ];
  return `srt://${HOST}:${port}?${query.join("&")}`;
}

/** The arguments of the callers whose code is in this folder, in `gosrt/` and `srt_tokio/`. */
function ownOptions({ port, streamId, passphrase }: Call): readonly string[] {
  return [
    `${HOST}:${port}`,
    ...(streamId === null ? [] : [`streamid=${streamId}`]),
    ...(passphrase === null ? [] : [`passphrase=${passphrase}`]),
  ];
}
