/**
 * The command `send`: sends a file to a listener, and reports by its exit code whether all of it was acknowledged.
 *
 * @module
 */

import type { SendSettings } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { readPassphrase } from "../mod/cli/passphrase.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { isHangUpIgnored } from "../mod/os/hang_up_ignored.ts";
import { openLibc } from "../mod/os/libc.ts";
import { protectMemory } from "../mod/os/own_process.ts";
import { encodeSocketAddress } from "../mod/os/socket_address.ts";
import { formatBytes, formatDuration, formatEndpoint, formatRate } from "../mod/report/format.ts";
import { ProblemError, readProblem } from "../mod/report/problem.ts";
import { explainRefusal, NO_ANSWER } from "../mod/report/explain_refusal.ts";
import { fileBlocks } from "../mod/send/file_blocks.ts";
import { pacedByPcr, pacedByRate } from "../mod/send/paced_spans.ts";
import { HostError, resolveHost } from "../mod/send/resolve_host.ts";
import { ListenerGoneError, sendSpans, type Sent } from "../mod/send/send_spans.ts";
import { Caller } from "../mod/srt/caller.ts";
import { CallGivenUpError, CallRefusedError } from "../mod/srt/connect.ts";
import { SrtError } from "../mod/srt/error.ts";
import { openLibsrt } from "../mod/srt/find_library.ts";
import { LibraryError } from "../mod/srt/library.ts";
import { LibsrtError, openEmbedded } from "./find_libsrt.ts";
import type { Output } from "./output.ts";
import type { RoleProcess } from "./process.ts";

/** How the passphrase is given, for hints. */
const PASSPHRASE_OPTION = "--passphrase-file FILE or SRT_SPLITTER_PASSPHRASE";

/** Sends the file and returns the exit code. */
export async function runSend(settings: SendSettings, process: RoleProcess, output: Output): Promise<number> {
  try {
    return await send(settings, process, output);
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === null) throw error;
    output.error(error instanceof ProblemError ? error.text : (error as Error).message);
    return code;
  }
}

async function send(settings: SendSettings, process: RoleProcess, output: Output): Promise<number> {
  const print = (text: string) => {
    if (!settings.quiet) output.out.write(`${output.foldOut(text)}\n`);
  };
  const libc = openLibc();
  protectMemory(libc);
  const ignored = isHangUpIgnored(libc);
  const passphrase = settings.passphrase === null ? null : readPassphrase(settings.passphrase);
  for (const warning of passphrase?.warnings ?? []) output.warn(warning);
  using file = openFile(settings.file);
  const stop = new AbortController();
  let stoppedBy: string | null = null;
  process.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
    if (signal === "SIGHUP" && ignored) return;
    stoppedBy = signal;
    stop.abort();
  });
  const { address: { host, port, streamId, ...options }, rounds, bitsPerSecond } = settings;
  const interrupted = () => {
    output.error(`stopped by ${stoppedBy} before the listener answered`);
    return EXIT.interrupted;
  };
  const { promise: stopped, resolve: reportStop } = Promise.withResolvers<null>();
  stop.signal.addEventListener("abort", () => reportStop(null));
  const found = await Promise.race([resolveHost(host), stopped]);
  if (found === null) return interrupted();
  const endpoint = { address: found, port };
  const inside = settings.libsrt === null ? await openEmbedded(libc) : null;
  using libsrt = openLibsrt({ file: settings.libsrt, embedded: inside?.file ?? null });
  const listener = formatEndpoint(endpoint);
  let sent: Sent;
  try {
    using caller = await Caller.connect(libsrt, encodeSocketAddress(libc, endpoint), {
      ...options,
      streamId,
      passphrase: passphrase?.value ?? null,
      isGivenUp: () => stop.signal.aborted,
    });
    print(
      `connected to ${listener}, SRT ${caller.peerVersion}, latency ${caller.latencyMs} ms, ` +
        (passphrase === null ? "not encrypted" : "encrypted"),
    );
    const blocks = fileBlocks(file, rounds);
    const spans = bitsPerSecond === null ? pacedByPcr(blocks) : pacedByRate(blocks, bitsPerSecond);
    sent = await sendSpans(spans, { caller, signal: stop.signal });
  } catch (error) {
    if (error instanceof CallGivenUpError) return interrupted();
    if (!(error instanceof CallRefusedError)) throw error;
    output.error(explainRefusal(error.reason, { listener, passphraseOption: PASSPHRASE_OPTION }));
    return error.reason === NO_ANSWER ? EXIT.noAnswer : EXIT.refused;
  }
  const rate = formatRate(sent.bytes * 8000 / sent.durationMs);
  print(
    `sent ${formatBytes(sent.bytes)} in ${formatDuration(sent.durationMs)}, ${rate}, and all of it was acknowledged`,
  );
  if (stoppedBy === null || rounds === Infinity) return EXIT.ok;
  output.error(`stopped by ${stoppedBy} before the end of the file`);
  return EXIT.interrupted;
}

function openFile(path: string): Deno.FsFile {
  try {
    const file = Deno.openSync(path);
    if (!file.statSync().isDirectory) return file;
    file.close();
    throw new Error("it is a folder");
  } catch (cause) {
    throw new UsageError(`cannot read ${JSON.stringify(path)}: ${readProblem(cause)}`, {
      hint: "name a transport stream that this user may read",
      cause,
    });
  }
}

/** The exit code for what was thrown; null for a bug in this program. */
function exitCodeOf(error: unknown): number | null {
  if (error instanceof LibraryError || error instanceof LibsrtError) return EXIT.noLibsrt;
  if (error instanceof HostError || error instanceof SrtError) return EXIT.noAnswer;
  if (error instanceof ListenerGoneError) return EXIT.notDelivered;
  return error instanceof ProblemError ? EXIT.usage : null;
}
