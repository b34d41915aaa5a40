/**
 * How each caller behaves with `listen`: the columns of the table.
 *
 * @module
 */

import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import type { EndReason } from "../../mod/vocabulary/values.ts";
import { FedProgram } from "../support/fed_program.ts";
import { type EventOf, Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import type { Call, CallerProgram } from "./callers.ts";
import type { Material, Materials } from "./materials.ts";
import { type Cell, describeReceived } from "./recorded.ts";
import { describeEnd } from "./printed.ts";
import { Wire } from "./wire.ts";

/** Runs a caller once, and judges what happened. */
export type CallerCase = (caller: CallerProgram, materials: Materials) => Promise<Cell>;

/** The passphrase of both sides. */
export const PASSPHRASE = "correcthorse";
/** A wrong passphrase of callers. */
export const WRONG_PASSPHRASE = "batterystaple";
/** A stream name that is not ASCII. */
export const UTF8_NAME = "Küche";

/** How long a caller may continue after its input or its connection has ended, in ms. */
const ENDING_MS = 4000;

/** How much is recorded before a session is ended. */
const RECORDED_BYTES = 150_000;

/** Every column by its name. */
export const CALLER_CASES: Readonly<Record<string, CallerCase>> = {
  plain: (caller, { whole }) => record(caller, whole, { passphrase: null, streamId: null }),
  passphrase: (caller, { whole }) => record(caller, whole, { passphrase: PASSPHRASE, streamId: null }),
  "wrong passphrase": (caller, { whole }) => refuse(caller, whole, WRONG_PASSPHRASE),
  "no passphrase": (caller, { whole }) => refuse(caller, whole, null),
  "UTF-8 name": (caller, { whole }) => record(caller, whole, { passphrase: null, streamId: UTF8_NAME }),
  "caller ends": (caller, { long }) => end(caller, long, { how: "SIGINT", reason: "caller-closed" }),
  "caller killed": (caller, { long }) => end(caller, long, { how: "SIGKILL", reason: "silence" }),
  "listener stops": (caller, { long }) => end(caller, long, { how: "stop", reason: "stopped" }),
};

/** Records the whole stream. */
async function record(
  caller: CallerProgram,
  material: Material,
  settings: Pick<Call, "passphrase" | "streamId">,
): Promise<Cell> {
  using folder = new TemporaryFolder();
  await using splitter = await listen(folder, settings.passphrase);
  const copy = folder.file("copy.ts");
  const call = { ...settings, port: splitter.port, input: material.file, copy };
  await using program = start(caller, { material, call });
  const { encrypted, stream, srtVersion } = await splitter.event("session-start");
  await program.fed;
  // some callers do not end with their input
  if (await program.endedWithin(caller.reads === "file" ? 2 * ENDING_MS : ENDING_MS) === null) {
    program.signal("SIGINT");
  }
  const { text, right } = describeRecording(await splitter.event("session-end"), { caller, material, copy });
  if (encrypted !== (settings.passphrase !== null)) {
    return { text: `encrypted: ${encrypted}`, right: false, printed: null };
  }
  if (stream !== settings.streamId) return { text: `stream ${JSON.stringify(stream)}`, right: false, printed: null };
  return { text, right, printed: null, srtVersion };
}

/** Refuses a caller whose passphrase is not the one of the listener. */
async function refuse(caller: CallerProgram, material: Material, passphrase: string | null): Promise<Cell> {
  using folder = new TemporaryFolder();
  await using splitter = await listen(folder, PASSPHRASE);
  await using wire = new Wire(splitter.port);
  const call = { passphrase, streamId: null, port: wire.port, input: material.file, copy: null };
  await using program = start(caller, { material, call });
  const { reason } = await splitter.event("refused");
  const status = await program.endedWithin(ENDING_MS);
  const [got] = wire.rejections;
  const expected = passphrase === null ? REJECTION.UNSECURE : REJECTION.BADSECRET;
  return {
    text: got === undefined ? `${reason}, not received` : String(got),
    right: got === expected && reason === expected,
    printed: describeEnd(status, { lines: program.lines, callsAgain: wire.callsAgain }),
  };
}

/** Ends a running session. */
async function end(
  caller: CallerProgram,
  material: Material,
  { how, reason }: { readonly how: "SIGINT" | "SIGKILL" | "stop"; readonly reason: EndReason },
): Promise<Cell> {
  using folder = new TemporaryFolder();
  await using splitter = await listen(folder, null);
  await using wire = new Wire(splitter.port);
  // The copy that ffmpeg writes is complete only if ffmpeg ends cleanly. When the listener stops, ffmpeg with a copy would not end:
  // it would continue to write the copy.
  const copy = how === "SIGINT" ? folder.file("copy.ts") : null;
  const call = { passphrase: null, streamId: null, port: wire.port, input: material.file, copy };
  await using program = start(caller, { material, call });
  await Promise.race([
    splitter.event("stats", ({ bytes }) => bytes > RECORDED_BYTES),
    splitter.event("session-end"), // it has ended by itself
  ]);
  const before = wire.inductions;
  if (how === "stop") splitter.signal("SIGTERM");
  else program.signal(how);
  const ended = await splitter.event("session-end");
  const status = await program.endedWithin(ENDING_MS);
  const recording = describeRecording(ended, { caller, material, copy });
  return {
    text: recording.right ? ended.reason : `${ended.reason}, ${recording.text}`,
    right: recording.right && ended.reason === reason,
    printed: describeEnd(status, { lines: program.lines, callsAgain: wire.inductions > before }),
  };
}

function listen(folder: TemporaryFolder, passphrase: string | null): Promise<Splitter> {
  // VLC runs as another user
  Deno.chmodSync(folder.path, 0o755);
  return Splitter.listen(["127.0.0.1:0", "--out", folder.file("recordings"), "--stats", "100ms"], {
    env: passphrase === null ? {} : { SRT_SPLITTER_PASSPHRASE: passphrase },
  });
}

function start(
  caller: CallerProgram,
  { material, call }: { readonly material: Material; readonly call: Call },
): FedProgram {
  const { readyLine } = caller;
  const feed = { ...material, ...(readyLine === undefined ? {} : { readyLine }) };
  return FedProgram.start(caller.command(call), caller.reads === "file" ? null : feed);
}

function describeRecording(
  { files: [file], ts, statistics }: EventOf<"session-end">,
  { caller: { sends }, material, copy }: {
    readonly caller: CallerProgram;
    readonly material: Material;
    readonly copy: string | null;
  },
): Omit<Cell, "printed"> {
  if (file === undefined) return { text: "no payload", right: false };
  const { pktRcvDropTotal: dropped = 0, pktUndeliveredTotal: undelivered } = statistics ?? {};
  if (dropped > 0 || (undelivered ?? 0) > 0) {
    return { text: `${dropped} packets dropped, ${undelivered} undelivered`, right: false };
  }
  if (sends === "input") return describeReceived(Deno.readFileSync(file), material.payload);
  if (sends === "copy" && copy !== null) return describeReceived(Deno.readFileSync(file), Deno.readFileSync(copy));
  const errors = ts?.payload === "ts" ? ts.errors : null;
  return errors === 0 ? { text: "no errors", right: true } : { text: `${errors} TS errors`, right: false };
}
