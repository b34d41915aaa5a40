/**
 * A soak test of session ends: each kind of `end_kinds.ts`, several at a time, with short and long latencies, plain and
 * encrypted. Each recording is compared with what reached the listener, and each reason with the right one.
 *
 * Usage: `deno task soak:ends [SESSIONS [FIRST_ROUND [KIND...]]]`; KIND is the start of the name of a kind of end.
 *
 * @module
 */

import { Splitter } from "../support/splitter.ts";
import type { EventOf } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { END_KINDS, type EndKind, type ExpectedEnd, PAYLOAD } from "./end_kinds.ts";
import { compareRecorded } from "./recorded_messages.ts";

const SESSIONS = 500;
const LATENCIES_MS = [20, 120, 1000] as const;
const PASSPHRASE = "correct horse battery";
/** Messages that a caller sends in 0.8 s to 1.6 s. */
const MESSAGES = [300, 425, 600] as const;

/** One session's end, judged. */
interface Judged {
  readonly kind: string;
  /** Latency and encryption, for messages. */
  readonly conditions: string;
  /** Messages that are not recorded: too late for their latency, or lost in a full receive buffer of this machine. */
  readonly late: number;
  /** What is wrong with it; empty if nothing is. */
  readonly deviations: readonly string[];
}

if (import.meta.main) {
  const [sessions = SESSIONS, first = 0] = Deno.args.slice(0, 2).map(Number);
  const wanted = Deno.args.slice(2);
  const kinds = Object.entries(END_KINDS).filter(([kind]) =>
    wanted.length === 0 || wanted.some((start) => kind.startsWith(start))
  );
  const judged: Judged[] = [];
  for (let round = first; judged.length < sessions; round += 1) {
    const results = (await Promise.all([runRound(kinds, round, null), runRound(kinds, round, PASSPHRASE)])).flat();
    for (const { kind, conditions, deviations } of results) {
      for (const deviation of deviations) console.log(`DEVIATION round ${round}, ${kind}, ${conditions}: ${deviation}`);
    }
    judged.push(...results);
  }
  printTable(judged);
  Deno.exit(judged.every(({ deviations }) => deviations.length === 0) ? 0 : 1);
}

/** One listener with a caller for each kind of end, all at the same time. */
async function runRound(
  kinds: readonly (readonly [string, EndKind])[],
  round: number,
  passphrase: string | null,
): Promise<readonly Judged[]> {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
    env: passphrase === null ? {} : { SRT_SPLITTER_PASSPHRASE: passphrase },
  });
  const others = Promise.withResolvers<void>();
  let stopping = false;
  function stop(): void { // once: a second signal may kill the processes of the sessions
    if (!stopping) splitter.signal("SIGINT");
    stopping = true;
  }
  const scenes = kinds.map(([kind, run], index) => {
    const latencyMs = LATENCIES_MS[(round + index) % LATENCIES_MS.length] ?? 0;
    const messages = MESSAGES[(round + index) % MESSAGES.length] ?? 0;
    const name = kind.replaceAll(/[^a-z]+/g, "-");
    const scene = { splitter, name, latencyMs, passphrase, messages, others: others.promise, stop };
    const conditions = `${latencyMs} ms, ${passphrase === null ? "plain" : "encrypted"}`;
    return { kind, conditions, ends: run(scene).catch((error: Error) => error) };
  });
  const ending = scenes.filter(({ kind }) => !kind.startsWith("stopped")).map(({ ends }) => ends);
  void Promise.all(ending).then(() => others.resolve());
  const judged: Judged[] = [];
  for (const { kind, conditions, ends } of scenes) {
    const result = await ends;
    if (result instanceof Error) {
      judged.push({ kind, conditions, late: 0, deviations: [result.stack ?? result.message] });
    } else judged.push(...result.map((end) => ({ kind, conditions, ...judge(end, splitter) })));
  }
  return judged;
}

function judge(expected: ExpectedEnd, splitter: Splitter): Pick<Judged, "late" | "deviations"> {
  const ends = splitter.eventsNamed("session-end").filter(({ stream }) => stream === expected.stream);
  const [end] = ends;
  if (end === undefined || ends.length !== 1) {
    return { late: 0, deviations: [`${ends.length} sessions instead of one`] };
  }
  const deviations: string[] = [];
  if (end.reason !== expected.reason) deviations.push(`reason ${end.reason} instead of ${expected.reason}`);
  if (end.attempt !== ((expected.arrivals?.indexes.length ?? 0) === 0)) deviations.push(`attempt: ${end.attempt}`);
  const { late, faults } = judgeRecording(end, expected);
  deviations.push(...faults);
  if (deviations.length > 0) deviations.push(JSON.stringify({ ...end, ts: undefined }));
  return { late, deviations };
}

function judgeRecording(
  end: EventOf<"session-end">,
  { arrivals, required, reason }: ExpectedEnd,
): { readonly late: number; readonly faults: readonly string[] } {
  const { statistics } = end;
  const undelivered = statistics?.pktUndeliveredTotal ?? 0;
  const faults = undelivered > 0 ? [`${undelivered} packets undelivered`] : [];
  const arrived = arrivals?.indexes ?? [];
  if (arrived.length === 0) {
    return { late: 0, faults: end.bytes === 0 ? faults : [...faults, "bytes are reported, although nothing arrived"] };
  }
  const recording = end.files.length === 0 ? new Uint8Array() : Deno.readFileSync(end.files[0] ?? "");
  const { recorded, skipped, behind, foreignAt } = compareRecorded(recording, PAYLOAD, arrived);
  if (foreignAt !== null) faults.push(`byte ${foreignAt} of ${recording.length} is not what arrived`);
  if (reason !== "crashed" && recording.length !== end.bytes) faults.push(`${recording.length} bytes in the file`);
  const isRequired = new Set(required ?? arrived).difference(arrivals?.afterClose ?? new Set());
  const missing = [...skipped, ...behind.filter((index) => isRequired.has(index))];
  const late = (statistics?.pktRcvBelated ?? 0) + (statistics?.pktKernelDropTotal ?? 0);
  if (missing.length > late) {
    const excerpt = missing.slice(0, 10).join(", ");
    faults.push(
      `${missing.length} of ${arrived.length} messages are missing, ${late} were late; ${recorded} recorded: ${excerpt}`,
    );
  }
  return { late: missing.length, faults };
}

function printTable(judged: readonly Judged[]): void {
  const cells = [["kind of end", "sessions", "right", "messages too late"]];
  for (const kind of Object.keys(END_KINDS)) {
    const of = judged.filter((one) => one.kind === kind);
    const right = of.filter(({ deviations }) => deviations.length === 0).length;
    cells.push([kind, `${of.length}`, `${right}`, `${of.reduce((sum, { late }) => sum + late, 0)}`]);
  }
  const right = judged.filter(({ deviations }) => deviations.length === 0).length;
  cells.push(["all", `${judged.length}`, `${right}`, ""]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
  }
}
