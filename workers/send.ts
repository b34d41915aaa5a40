/**
 * The caller's role: sends a file to a listener, and tells by its exit code what became of it.
 *
 * @module
 */

import { parseCommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { readPassphrase } from "../mod/cli/passphrase.ts";
import type { SendSettings } from "../mod/cli/send_settings.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { openEmbeddedLibsrt } from "../mod/handoff/embedded_libsrt.ts";
import { hangUpIgnored } from "../mod/os/hang_up_ignored.ts";
import { openLibc } from "../mod/os/libc.ts";
import { encodeSocketAddress } from "../mod/os/socket_address.ts";
import { escapeLines } from "../mod/report/escape_lines.ts";
import { formatBytes } from "../mod/report/format_bytes.ts";
import { formatDuration } from "../mod/report/format_duration.ts";
import { formatEndpoint } from "../mod/report/format_endpoint.ts";
import { formatRate } from "../mod/report/format_rate.ts";
import { LineWriter } from "../mod/report/line_writer.ts";
import { explainRefusal, NO_ANSWER } from "../mod/send/explain_refusal.ts";
import { EmptyFileError, fileBlocks } from "../mod/send/file_blocks.ts";
import { NoClockError, pacedByPcr, pacedByRate } from "../mod/send/paced_spans.ts";
import { HostError, resolveHost } from "../mod/send/resolve_host.ts";
import { ListenerGoneError, sendSpans, type Sent } from "../mod/send/send_spans.ts";
import { Caller, CallRefusedError } from "../mod/srt/caller.ts";
import { SrtError } from "../mod/srt/error.ts";
import { LibraryError, openLibsrt } from "../mod/srt/library.ts";
import type { RoleProcess } from "./process.ts";

/** How long the last lines may wait for a reader that does not read. */
const FLUSH_MS = 2000;

/** Says something to people. */
interface Voice {
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Does what the command line says and returns the exit code. */
export async function runSend(args: readonly string[], process: RoleProcess): Promise<number> {
  const out = new LineWriter(process.writeOut);
  const err = new LineWriter(process.writeErr);
  const voice: Voice = {
    say: (text) => out.write(`${text}\n`),
    complain: (text) => err.write(`srt-splitter: ${escapeLines(text)}\n`),
  };
  const code = await run(args, process, voice);
  await out.flush(FLUSH_MS);
  await err.flush(FLUSH_MS);
  return code;
}

async function run(args: readonly string[], process: RoleProcess, voice: Voice): Promise<number> {
  try {
    const commandLine = parseCommandLine(args, {
      SRT_SPLITTER_PASSPHRASE: Deno.env.get("SRT_SPLITTER_PASSPHRASE"),
      SRT_SPLITTER_LIBSRT: Deno.env.get("SRT_SPLITTER_LIBSRT"),
    });
    if (commandLine.command === "send") return await send(commandLine.settings, process, voice);
    if (commandLine.command === "help") voice.say(commandLine.text.trimEnd());
    return EXIT.ok;
  } catch (error) {
    return explain(error, voice);
  }
}

async function send(settings: SendSettings, process: RoleProcess, { say, complain }: Voice): Promise<number> {
  const libc = openLibc();
  const ignored = hangUpIgnored(libc); // before any signal is listened for: Deno takes SIGHUP over with the first
  const passphrase = settings.passphrase === null ? null : readPassphrase(settings.passphrase);
  for (const warning of [...settings.warnings, ...passphrase?.warnings ?? []]) complain(`warning: ${warning}`);
  using file = openFile(settings.file);
  const stop = new AbortController();
  let stoppedBy: string | null = null;
  process.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
    if (signal === "SIGHUP" && ignored) return;
    stoppedBy = signal;
    stop.abort();
  });
  const { address: { host, port, streamId, ...options }, rounds, bitsPerSecond } = settings;
  const endpoint = { address: await resolveHost(host), port };
  const inside = settings.libsrt === null && Deno.build.standalone ? await openEmbeddedLibsrt(libc) : null;
  using libsrt = openLibsrt({ file: settings.libsrt, embedded: inside?.file ?? null });
  const listener = formatEndpoint(endpoint);
  let sent: Sent;
  try {
    using caller = await Caller.connect(libsrt, encodeSocketAddress(libc, endpoint), {
      ...options,
      streamId,
      passphrase: passphrase?.value ?? null,
    });
    if (!settings.quiet) {
      say(
        `connected to ${listener}, SRT ${caller.peerVersion}, latency ${caller.latencyMs} ms, ` +
          (passphrase === null ? "not encrypted" : "encrypted"),
      );
    }
    const blocks = fileBlocks(file, rounds);
    const spans = bitsPerSecond === null ? pacedByPcr(blocks) : pacedByRate(blocks, bitsPerSecond);
    sent = await sendSpans(spans, { caller, signal: stop.signal });
  } catch (error) {
    if (!(error instanceof CallRefusedError)) throw error;
    complain(explainRefusal(error.reason, listener));
    return error.reason === NO_ANSWER ? EXIT.noAnswer : EXIT.refused;
  }
  if (!settings.quiet) {
    const rate = formatRate(sent.bytes * 8000 / sent.durationMs);
    say(`delivered ${formatBytes(sent.bytes)} in ${formatDuration(sent.durationMs)}, ${rate}`);
  }
  if (stoppedBy === null || rounds === Infinity) return EXIT.ok;
  complain(`stopped by ${stoppedBy} before the end of the file`);
  return EXIT.interrupted;
}

function openFile(path: string): Deno.FsFile {
  try {
    const file = Deno.openSync(path);
    if (!file.statSync().isDirectory) return file;
    file.close();
    throw new Error("it is a folder");
  } catch (cause) {
    throw new UsageError(
      `cannot read ${JSON.stringify(path)}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        advice: "Name a transport stream that this user may read.",
        cause,
      },
    );
  }
}

function explain(error: unknown, { complain }: Voice): number {
  if (error instanceof UsageError) complain(error.text);
  else if (error instanceof HostError) complain(error.message);
  else if (error instanceof NoClockError) {
    complain(`cannot send it: ${error.message}\nGive a rate, such as --rate 8Mbps.`);
  } else if (error instanceof EmptyFileError) complain(`cannot send it: ${error.message}`);
  else if (error instanceof ListenerGoneError) complain(error.message);
  else if (error instanceof LibraryError || error instanceof SrtError) complain(error.message);
  else throw error;
  if (error instanceof LibraryError) return EXIT.noLibsrt;
  if (error instanceof HostError || error instanceof SrtError) return EXIT.noAnswer;
  return error instanceof ListenerGoneError ? EXIT.notDelivered : EXIT.usage;
}
