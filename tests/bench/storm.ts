/**
 * A soak test of reconnect storms: 50 callers with a wrong passphrase and 150 with one stream name, killed and started again each
 * second, while other callers must be admitted and recorded.
 *
 * Usage: `deno task soak:storm [SECONDS [WRONG [NAMED]]]`.
 *
 * @module
 */

import { makePayload } from "../support/payload.ts";
import { childrenOf, descriptorsOf, memoryMb, waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { Storm } from "../support/storm.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { type Figure, printTable } from "./table.ts";

const SECONDS = 120;
const WRONG = 50;
const NAMED = 150;
const PASSPHRASE = "correct-horse-battery";
/** Calls of a caller until it counts as lost. */
const ATTEMPTS = 3;
/** Memory that a listener may take for many callers, and by how much it may grow in the second half of the storm. */
const MEMORY_MB = 100;
const GROWTH_MB = 25;
/** Lines a minute about refusals: those of one refusal, and those that stand for several. */
const LINES_PER_MINUTE = 20;

if (import.meta.main) {
  const [seconds = SECONDS, wrong = WRONG, named = NAMED] = Deno.args.map(Number);
  Deno.exitCode = await printTable({ storm: () => storm({ seconds, wrong, named }) }, []);
}

async function storm(
  { seconds, wrong, named }: { readonly seconds: number; readonly wrong: number; readonly named: number },
): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("secret"), PASSPHRASE, { mode: 0o600 });
  Deno.writeTextFileSync(
    folder.file("splitter.toml"),
    '[[stream]]\nname = "locked"\npassphrase-file = "secret"\n',
  );
  await using splitter = await Splitter.listen([
    "127.0.0.1:0",
    "--config",
    folder.file("splitter.toml"),
    "--out",
    folder.file("rec"),
    "--spares",
    "0",
  ]);
  const before = { memory: memoryMb(splitter.pid), descriptors: descriptorsOf(splitter.pid) };
  let calls = 0;
  let late = 0;
  let lost = 0;
  let inexact = 0;
  const most = { first: 0, second: 0 };
  const startMs = performance.now();
  const untilMs = startMs + seconds * 1000;
  {
    await using running = new Storm({ port: splitter.port, wrong, named });
    while (performance.now() < untilMs) {
      calls += 1;
      const half = performance.now() - startMs < seconds * 500 ? "first" : "second";
      most[half] = Math.max(most[half], memoryMb(splitter.pid));
      try {
        const { exact, attempts } = await record(splitter, calls);
        if (!exact) inexact += 1;
        late += attempts - 1;
      } catch (error) {
        lost += 1;
        console.log(`lost: ${error}`);
      }
    }
    console.log(`answers by handshake type: ${JSON.stringify(Object.fromEntries(running.answers))}`);
  }
  await waitUntil("the end of all sessions", () => childrenOf(splitter.pid).length === 0);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const open = descriptorsOf(splitter.pid) - before.descriptors;
  const lines = splitter.eventsNamed("refused").length + splitter.errors.length;
  const perMinute = lines / Math.max(1, seconds / 60);
  return [
    { what: "other callers", measured: `${calls}` },
    { what: "calls that got no answer in 3 s", measured: `${late}` },
    { what: "callers lost after three calls", measured: `${lost}`, toReach: "0", holds: lost === 0 },
    { what: "other callers recorded wrongly", measured: `${inexact}`, toReach: "0", holds: inexact === 0 },
    {
      what: "memory of the listener, maximum in the second half",
      measured: `+${(most.second - before.memory).toFixed(1)} MB`,
      toReach: `< ${MEMORY_MB} MB`,
      holds: most.second - before.memory < MEMORY_MB,
    },
    {
      what: "growth of the maximum since the first half",
      measured: `+${(most.second - most.first).toFixed(1)} MB`,
      toReach: `< ${GROWTH_MB} MB`,
      holds: most.second - most.first < GROWTH_MB,
    },
    { what: "descriptors left", measured: `${open}`, toReach: "<= 0", holds: open <= 0 },
    {
      what: "lines a minute about refusals",
      measured: perMinute.toFixed(1),
      toReach: `<= ${LINES_PER_MINUTE}`,
      holds: perMinute <= LINES_PER_MINUTE,
    },
  ];
}

/**
 * Calls up to three times, as the stream `locked` with its passphrase or as another stream without one. Then sends, and compares
 * the recording.
 */
async function record(
  splitter: Splitter,
  call: number,
): Promise<{ readonly exact: boolean; readonly attempts: number }> {
  const isLocked = call % 2 === 0;
  const streamId = isLocked ? "locked" : `real${call}`;
  const payload = makePayload(200, call);
  const seen = new Set(splitter.eventsNamed("session-end").map(({ session }) => session));
  let connected: SrtCaller | null = null;
  let attempts = 0;
  while (connected === null) {
    attempts += 1;
    try {
      connected = await SrtCaller.connect({
        port: splitter.port,
        streamId,
        connectTimeoutMs: 3000,
        ...(isLocked ? { passphrase: PASSPHRASE } : {}),
      });
    } catch (error) {
      if (attempts === ATTEMPTS) throw error;
    }
  }
  await using caller = connected;
  await caller.send(payload, { bitsPerSecond: 4_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  const { file } = await splitter.event(
    "session-end",
    ({ session, stream }) => stream === streamId && !seen.has(session),
  );
  const recorded = Deno.readFileSync(file ?? "");
  const exact = recorded.length === payload.length && recorded.every((byte, index) => byte === payload[index]);
  return { exact, attempts };
}
