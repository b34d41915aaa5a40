/** Tests of mod/door/listen_error.ts: the text for a port in use. */
import { strictEqual } from "node:assert/strict";
import { ListenError } from "../../mod/door/listen_error.ts";

const LONG = `/srv/${"folder/".repeat(10)}stream.sdp`;

const CASES: readonly (readonly [command: readonly string[], holder: string])[] = [
  [[], "a process"],
  [["nginx:", "master", "process", "/usr/sbin/nginx"], "nginx: master process /usr/sbin/nginx"],
  [["/usr/bin/ffmpeg", "-i", "srt://:9000"], "ffmpeg -i srt://:9000"],
  [["/usr/bin/ffmpeg", "-i", LONG, "-an"], "ffmpeg -i ..."],
  [[LONG], "stream.sdp"],
  [["ffmpeg", "-passphrase", "correct horse"], "ffmpeg ..."],
  [["srt-live-transmit", "srt://:9000?passphrase=correcthorse"], "srt-live-transmit ..."],
  [["a\u001b[2J", "b\nc"], "a\\x1b[2J b\\x0ac"],
];

for (const [command, holder] of CASES) {
  Deno.test(`ListenError.inUse names ${JSON.stringify(command.join(" "))} as ${JSON.stringify(holder)}`, () => {
    strictEqual(
      ListenError.inUse("[::1]:9000", { pid: 812, command }, null).message,
      `cannot listen on [::1]:9000: already in use by ${holder} (PID 812)`,
    );
  });
}
