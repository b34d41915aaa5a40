/**
 * An accepted caller's session: opens the recording, reports the start, records, reports the end.
 *
 * @module
 */

import { CHILD_EXIT, type SinkTicket, type Ticket } from "../handoff/contract.ts";
import type { LiveSender } from "../handoff/live_sender.ts";
import { withDeadline } from "../os/deadline.ts";
import { Ticker } from "../os/timer.ts";
import { fileSystemOf } from "../os/file_system.ts";
import { Recording, type RecordingOptions, type SinkRequest } from "../recording/recording.ts";
import type { Tap } from "../recording/tap_feed.ts";
import type { Connection } from "../srt/connection.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import { loadModulesOfEnd } from "./modules_of_end.ts";
import { Recorder, type RecorderParts } from "./recorder.ts";
import type { SessionDependencies } from "./run_session.ts";
import type { Outputs } from "../outputs/outputs.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";
import { outputsEnd } from "./end.ts";
import { SessionFiles } from "./session_files.ts";
import { openPayloadAnalysis } from "./payload_analysis.ts";

/** The start of a session is reported with the name of its file if the disk creates it within this time, otherwise without. */
const OPEN_MS = 250;
/** How often a session that waits for its outputs after the end of its payload reports that it runs, in ms. */
const ALIVE_MS = 1000;
/** How long the disk may take to remove empty folders. */
const FOLDERS_MS = 1000;

/** Records the accepted caller to its end and returns the exit code of its process. */
export async function recordSession(
  connection: Connection,
  ticket: Ticket,
  { libc, stdout, socket, countedBefore, overflows, emit, warn, readOrders, listen, stop }:
    & SessionDependencies
    & Pick<RecorderParts, "socket" | "countedBefore" | "overflows">,
): Promise<number> {
  const startMs = Date.now(); // the names of the first file and of all outputs have the same time
  const analysis = await openPayloadAnalysis(ticket);
  const outputs = await openOutputs(ticket, { libc, startMs, warn });
  const isInFiles = ticket.sink.kind === "file"; // then programs that read the payload while it arrives read the files
  let live: LiveSender | null = null;
  const sendLive: Tap = (payload) => live?.push(payload);
  const files = new SessionFiles(ticket, { analysis, emit, warn });
  const recording = Recording.start(await sinkRequest(ticket.sink, { libc, stdout }), {
    startMs,
    now: () => performance.now(),
    onEvent: (event) => files.handle(event),
    taps: [...analysis.taps, ...outputs?.taps ?? [], ...(isInFiles ? [] : [sendLive])],
    ...await segmentation(ticket.sink),
    fileSystemOf: (folder) => fileSystemOf(libc, folder),
  });
  await withDeadline(recording.opened, OPEN_MS);
  const recorder = new Recorder({
    ticket,
    connection,
    socket,
    analysis,
    liveTaps: outputs?.liveTaps ?? [],
    recording,
    countedBefore,
    overflows,
    emit,
    warn,
    readOrders: () => readOrders(() => void orderCut(recording, emit)),
  });
  if (!isInFiles) live = await openLive({ libc, listen }); // before the start is reported: a program may connect at once
  const start = { ...recorder.start(), earlierBytes: files.earlierBytes };
  emit(start);
  void loadModulesOfEnd(ticket.sink);
  files.begin(start, { recording, clockSteps: () => recorder.clockSteps });
  const end = await recorder.run(stop);
  const liveEnded = live?.finish();
  await files.finish(end);
  await recording.removeEmptyFolders(FOLDERS_MS);
  const last = outputs === null ? end : await finishOutputs(end, outputs, { ticket, socket, emit, readOrders });
  emit(last);
  await liveEnded;
  await files.finishManifests(); // after the end is reported, because this takes longest if many sessions end at the same time
  return isCleanEnd(last.reason) ? CHILD_EXIT.done : CHILD_EXIT.failed;
}

/** Loads the outputs only if there are any. */
async function openOutputs(
  { outputs }: Ticket,
  dependencies: Pick<SessionDependencies, "libc" | "warn"> & { readonly startMs: number },
): Promise<Outputs | null> {
  if (outputs === null) return null;
  const { Outputs } = await import("../outputs/outputs.ts");
  return new Outputs(outputs, dependencies);
}

/** Listens for programs that read the payload while it arrives. Null if that is not possible. */
async function openLive(
  { libc, listen }: Pick<SessionDependencies, "libc" | "listen">,
): Promise<LiveSender | null> {
  const listener = listen();
  if (listener === null) return null;
  const [{ LiveSender, RECENT_BYTES }, { LiveRing }] = await Promise.all([
    import("../handoff/live_sender.ts"),
    import("../ts/live_ring.ts"),
  ]);
  const recent = new LiveRing(RECENT_BYTES);
  return new LiveSender({ listener, recent, uid: libc.symbols.geteuid(), now: () => performance.now() });
}

/** Waits for the outputs after all payload was received, and returns the session's end with their reports. */
async function finishOutputs(
  end: SessionEndEvent,
  outputs: Outputs,
  { ticket, socket, emit, readOrders }:
    & Pick<SessionDependencies, "emit" | "readOrders">
    & Pick<RecorderParts, "ticket" | "socket">,
): Promise<SessionEndEvent> {
  socket.detach(ticket.local); // the caller may call again from its port meanwhile
  emit({ event: "recorded" });
  using _alive = new Ticker(ALIVE_MS, () => {
    emit({ event: "alive" });
    readOrders();
  });
  const reports = await outputs.finish();
  const failed = reports.filter(({ ok }) => !ok);
  const isRecorded = ticket.sink.kind !== "none";
  if (failed.length === 0 || isRecorded || !isCleanEnd(end.reason)) return { ...end, outputs: reports };
  return { ...end, ...outputsEnd(failed), outputs: reports };
}

/** Returns the request for the recording. Loads the writer to stdout only if the payload goes there. */
async function sinkRequest(
  sink: SinkTicket,
  { libc, stdout }: Pick<SessionDependencies, "libc" | "stdout">,
): Promise<SinkRequest> {
  if (sink.kind !== "stdout") return sink;
  if (stdout === null) throw new TypeError("the listener has not sent its stdout");
  const { BlockingOutput } = await import("../os/blocking_output.ts");
  const { OutputWriter } = await import("../recording/output_writer.ts");
  const output = new BlockingOutput(libc, stdout);
  return { kind: "stdout", startWriter: (options) => new OutputWriter(output, options) };
}

/** Orders a new file, and answers if none can begin. Otherwise {@linkcode SessionFiles} answers once it has begun or has failed. */
async function orderCut(recording: Recording, emit: SessionDependencies["emit"]): Promise<void> {
  const problem = await import("../ts/cut_finder.ts").then(
    ({ CutFinder }) => recording.cut(() => new CutFinder()),
    (error) => `a module of srt-splitter cannot be loaded (${error}); install it again, and restart it`,
  );
  if (problem !== null) emit({ event: "cut", file: null, previous: null, problem });
}

/** Loads the search for cuts only if the recording is cut into segments. */
async function segmentation(sink: SinkTicket): Promise<Pick<RecordingOptions, "segments" | "newFinder">> {
  if (sink.kind !== "file" || sink.segments === null) return {};
  const { CutFinder } = await import("../ts/cut_finder.ts");
  return { segments: sink.segments, newFinder: () => new CutFinder() };
}
