/**
 * A long test of segments and retention: three callers connect and close repeatedly. Each recording is cut every 2 s, and each
 * file is deleted a minute after it was completed. Before that, every byte of the file is compared with what was sent.
 *
 * Usage: `deno task soak:segments [SECONDS]`.
 *
 * @module
 */

import { childrenOf, descendantsOf, descriptorsOf, memoryMb, processStatus } from "../support/processes.ts";
import { type EventOf, Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";
import { median } from "./measure.ts";
import { isSame } from "./sessions.ts";
import { type Figure, printTable } from "./table.ts";

const SECONDS = 600;
const STREAMS = ["cam1", "cam2", "cam3"];
const BITS_PER_SECOND = 4_000_000;
/** Longer than any pause of a busy machine, so that no packet is too late. */
const LATENCY_MS = 2000;
/** How long a session takes, and the pause after it, in s. The first files of a long session are deleted before it ends. */
const SESSION = { min: 3, max: 150 } as const;
const PAUSE = { min: 0, max: 4 } as const;
/** Time between two reads of new events, in ms. A file is compared long before it is a minute old. */
const READ_MS = 200;
const SAMPLE_MS = 5000;
/**
 * The time of `--keep`. A file is deleted in the first pass after that. A pass begins after each completed file, and once a minute.
 */
const KEEP_MS = 60_000;
const MAX_AGE_MS = 2 * KEEP_MS;
/** How much the memory of the listener may grow from the second quarter of the run to the last one. */
const MAX_GROWTH_MB = 10;

async function soak(seconds: number): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  const stream = await sentStream();
  const out = folder.file("rec");
  const name = "{stream}/{stream}_{time}_{segment}.ts";
  const rules = ["--segment", "2s", "--keep", "1min", "--latency", `${LATENCY_MS}ms`];
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", out, "--name", name, ...rules]);
  const files = new ComparedFiles(stream);
  const samples: Sample[] = [];
  let read = 0;
  const reader = setInterval(() => {
    for (; read < splitter.events.length; read += 1) {
      const event = splitter.events[read];
      if (event !== undefined) files.take(event);
    }
  }, READ_MS);
  const sampler = setInterval(() => samples.push(sampleOf(splitter.pid)), SAMPLE_MS);
  try {
    const untilMs = performance.now() + seconds * 1000;
    const sent = await Promise.all(STREAMS.map((name) => callUntil(untilMs, { splitter, name, stream })));
    const children = descendantsOf(splitter.pid);
    const exitCode = await splitter.stop();
    await new Promise((resolve) => setTimeout(resolve, 2 * READ_MS));
    const orphans = children.filter((pid) => (processStatus(pid)?.state ?? "Z") !== "Z").length;
    return figuresOf(files, { sent: sent.flat(), samples, out, exitCode, orphans, warnings: splitter.errors });
  } finally {
    clearInterval(reader);
    clearInterval(sampler);
  }
}

/** A transport stream in whole messages, sent repeatedly. */
async function sentStream(): Promise<Uint8Array<ArrayBuffer>> {
  using folder = new TemporaryFolder();
  const stream = await makeTestStream(folder.file("sent.ts"), 20);
  return stream.slice(0, stream.length - stream.length % LIVE_MESSAGE_BYTES);
}

/** What one session sent. */
interface Sent {
  readonly session: string;
  readonly bytes: number;
}

/** Runs a caller that connects and closes repeatedly. Returns its sessions. */
async function callUntil(
  untilMs: number,
  { splitter, name, stream }: {
    readonly splitter: Splitter;
    readonly name: string;
    readonly stream: Uint8Array<ArrayBuffer>;
  },
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  while (performance.now() < untilMs) {
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: name, latencyMs: LATENCY_MS });
    const leaveMs = Math.min(untilMs, performance.now() + randomMs(SESSION));
    let bytes = 0;
    while (performance.now() < leaveMs) {
      await caller.send(stream, { bitsPerSecond: BITS_PER_SECOND });
      bytes += stream.length;
    }
    await caller.waitUntilDelivered();
    caller.close();
    const known = new Set(sent.map(({ session }) => session));
    const isNext = (end: EventOf<"session-end">) => end.stream === name && !known.has(end.session);
    const { session } = await splitter.event("session-end", isNext);
    sent.push({ session, bytes });
    await new Promise((resolve) => setTimeout(resolve, randomMs(PAUSE)));
  }
  return sent;
}

function randomMs({ min, max }: { readonly min: number; readonly max: number }): number {
  return (min + Math.random() * (max - min)) * 1000;
}

/** The files of all sessions, compared with what was sent. */
class ComparedFiles {
  readonly #stream: Uint8Array<ArrayBuffer>;
  /** Bytes of each session that were compared. */
  readonly #bytes = new Map<string, number>();
  readonly #created = new Set<string>();
  readonly #compared = new Set<string>();
  /** Deleted files, and how long after their end, in ms. */
  readonly deleted = new Map<string, number>();
  readonly faults: string[] = [];

  constructor(stream: Uint8Array<ArrayBuffer>) {
    this.#stream = stream;
  }

  /** Must be called with all events in order. */
  take(event: Splitter["events"][number]): void {
    switch (event.event) {
      case "session-start":
        if (event.file !== null) this.#created.add(event.file);
        return;
      case "segment":
        this.#created.add(event.file);
        if (event.previous !== null) this.#compare(event.session, event.previous);
        return;
      case "session-end":
        if (event.file !== null) this.#compare(event.session, event.file);
        return this.#judge(event);
      case "deleted":
        this.deleted.set(event.file, Date.parse(event.time) - Date.parse(event.end));
        if (!this.#compared.has(event.file)) this.faults.push(`${event.file} was deleted before it was complete`);
        return;
    }
  }

  /** Number of files. */
  get count(): number {
    return this.#created.size;
  }

  /** Files that are not deleted. */
  get left(): ReadonlySet<string> {
    return this.#created.difference(this.deleted);
  }

  /** Bytes of a session that were compared. */
  bytesOf(session: string): number {
    return this.#bytes.get(session) ?? 0;
  }

  #judge({ session, reason, text, bytes, statistics }: EventOf<"session-end">): void {
    if (reason !== "caller-closed") this.faults.push(`${session}: ${reason}: ${text}`);
    const late = statistics?.pktRcvDropTotal ?? 0;
    if (late > 0) this.faults.push(`${session}: ${late} packets did not arrive in time`);
    if (bytes !== this.bytesOf(session)) {
      this.faults.push(`${session}: the number of bytes that it reports is not that of its files`);
    }
  }

  /** Compares a completed file with what was sent after the payload of the earlier files. */
  #compare(session: string, file: string): void {
    const before = this.bytesOf(session);
    const content = Deno.readFileSync(file);
    for (let done = 0; done < content.length;) {
      const from = (before + done) % this.#stream.length;
      const bytes = Math.min(this.#stream.length - from, content.length - done);
      if (!isSame(content.subarray(done, done + bytes), this.#stream.subarray(from, from + bytes))) {
        this.faults.push(`${file}: bytes ${done} to ${done + bytes} are not what was sent`);
      }
      done += bytes;
    }
    this.#bytes.set(session, before + content.length);
    this.#compared.add(file);
  }
}

/** The listener at one moment. */
interface Sample {
  readonly memoryMb: number;
  readonly descriptors: number;
  readonly processes: number;
}

function sampleOf(pid: number): Sample {
  return { memoryMb: memoryMb(pid), descriptors: descriptorsOf(pid), processes: childrenOf(pid).length };
}

function figuresOf(files: ComparedFiles, { sent, samples, out, exitCode, orphans, warnings }: {
  readonly sent: readonly Sent[];
  readonly samples: readonly Sample[];
  readonly out: string;
  readonly exitCode: number;
  readonly orphans: number;
  readonly warnings: readonly string[];
}): readonly Figure[] {
  const { faults } = files;
  for (const { session, bytes } of sent) {
    const recorded = files.bytesOf(session);
    if (recorded !== bytes) faults.push(`${session}: ${recorded} bytes of ${bytes} are recorded`);
  }
  for (const line of [...faults, ...warnings]) console.log(line);
  const sentBytes = sent.reduce((sum, { bytes }) => sum + bytes, 0);
  const ages = [...files.deleted.values()];
  const unexpected = unexpectedIn(out, files.left);
  const quarter = (index: number) => {
    const from = Math.floor(samples.length * index / 4);
    return samples.slice(from, Math.floor(samples.length * (index + 1) / 4));
  };
  const memory = (index: number) => median(quarter(index).map(({ memoryMb }) => memoryMb));
  const most = (index: number, key: "descriptors" | "processes") => Math.max(...quarter(index).map((one) => one[key]));
  const growthMb = memory(3) - memory(1);
  return [
    {
      what: "sessions, their files, MB that were sent",
      measured: `${sent.length}, ${files.count}, ${Math.round(sentBytes / 1e6)}`,
    },
    { what: "faults of files and sessions", measured: `${faults.length}`, toReach: "0", holds: faults.length === 0 },
    { what: "warnings", measured: `${warnings.length}`, toReach: "0", holds: warnings.length === 0 },
    {
      what: "deleted files, age of the youngest and the oldest",
      measured: `${ages.length}, ${seconds(Math.min(...ages))}, ${seconds(Math.max(...ages))}`,
      toReach: `${seconds(KEEP_MS)} to ${seconds(MAX_AGE_MS)}`,
      holds: ages.length > 0 && ages.every((age) => age >= KEEP_MS && age <= MAX_AGE_MS),
    },
    {
      what: "files that are missing or should not be there",
      measured: `${unexpected.length}${unexpected.length === 0 ? "" : `: ${unexpected.slice(0, 3).join(", ")}`}`,
      toReach: "0",
      holds: unexpected.length === 0,
    },
    {
      what: "memory of the listener, in each quarter of the run",
      measured: `${[0, 1, 2, 3].map((index) => memory(index).toFixed(1)).join(", ")} MB`,
      toReach: `<= +${MAX_GROWTH_MB} MB from the second to the last`,
      holds: growthMb <= MAX_GROWTH_MB,
    },
    {
      what: "most descriptors of the listener, in the second and the last quarter",
      measured: `${most(1, "descriptors")} to ${most(3, "descriptors")}`,
      toReach: "<= +3", // for each caller, a session may end while its next one begins
      holds: most(3, "descriptors") <= most(1, "descriptors") + 3,
    },
    {
      what: "most child processes of the listener, in the second and the last quarter",
      measured: `${most(1, "processes")} to ${most(3, "processes")}`,
      toReach: "<= +3",
      holds: most(3, "processes") <= most(1, "processes") + 3,
    },
    { what: "processes left", measured: `${orphans}`, toReach: "0", holds: orphans === 0 },
    { what: "exit code", measured: `${exitCode}`, toReach: "0", holds: exitCode === 0 },
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Returns paths in the folder of recordings that are unexpected or missing. Each recording must have a sidecar. */
function unexpectedIn(out: string, recordings: ReadonlySet<string>): readonly string[] {
  const expected = new Set([...recordings].flatMap((file) => [file, `${file}.json`]));
  const found = new Set(
    Array.from(Deno.readDirSync(out)).flatMap(({ name }) =>
      Array.from(Deno.readDirSync(`${out}/${name}`), (entry) => `${out}/${name}/${entry.name}`)
    ),
  );
  return [...expected.symmetricDifference(found)];
}

if (import.meta.main) {
  const [seconds = SECONDS] = Deno.args.map(Number);
  Deno.exitCode = await printTable({ segments: () => soak(seconds) }, []);
}
