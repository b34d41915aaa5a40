/**
 * What the analysis of streams costs: a session with it compared with one without, and `inspect` compared with programs that read
 * every byte.
 *
 * The runs of both sides alternate, so that other load of the machine affects both.
 *
 * @module
 */

import { runFfmpeg } from "../support/ffmpeg.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { median, privateMegabytes, processorSeconds, waitUntilQuiet } from "./measure.ts";

const BITS_PER_SECOND = 100_000_000;
const MESSAGE_BYTES = 1316;
/** 37.5 MB in whole messages. */
const SESSION_BYTES = Math.round(37_500_000 / MESSAGE_BYTES) * MESSAGE_BYTES;
const SESSIONS = 5;
/** Copies of the stream in the file that is inspected: about 1 GB. */
const COPIES = 20;
const READS = 3;
/** Targets: at most 15 % more processor time, at least 300 MB/s. */
const MAX_COST = 1.15;
const MIN_MEGABYTES_PER_SECOND = 300;

/** Cost of one session. */
interface Cost {
  readonly seconds: number;
  readonly megabytes: number;
}

if (import.meta.main) {
  using folder = new TemporaryFolder();
  const stream = folder.file("stream.ts");
  await runFfmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25", "-f", "lavfi", "-i", "sine=440", "-t", "4"],
    ...["-vf", "noise=alls=60:allf=t", "-c:v", "mpeg2video", "-g", "12", "-qscale:v", "1", "-maxrate", "90M"],
    ...["-bufsize", "30M", "-b:v", "80M", "-c:a", "mp2", "-f", "mpegts", stream],
  ]);
  const ratio = await compareSessions(Deno.readFileSync(stream).slice(0, SESSION_BYTES));
  const rate = await compareReading(folder, stream);
  const met = ratio <= MAX_COST && rate >= MIN_MEGABYTES_PER_SECOND;
  console.log(met ? "\nboth targets are met" : "\na target is MISSED");
  Deno.exit(met ? 0 : 1);
}

/** Processor time and memory of sessions with and without analysis; returns the ratio of processor time. */
async function compareSessions(payload: Uint8Array<ArrayBuffer>): Promise<number> {
  const sides = { "with analysis": [] as Cost[], "--no-analyze": [] as Cost[] };
  for (let run = 0; run < SESSIONS; run += 1) {
    sides["with analysis"].push(await measureSession([], payload));
    sides["--no-analyze"].push(await measureSession(["--no-analyze"], payload));
  }
  console.log("| a session of 37.5 MB at 100 Mbit/s | processor time | private memory |\n| --- | --- | --- |");
  const middle = (costs: readonly Cost[]) => ({
    seconds: median(costs.map(({ seconds }) => seconds)),
    megabytes: median(costs.map(({ megabytes }) => megabytes)),
  });
  const [analyzed, plain] = [middle(sides["with analysis"]), middle(sides["--no-analyze"])];
  for (const [name, { seconds, megabytes }] of [["with analysis", analyzed], ["--no-analyze", plain]] as const) {
    console.log(`| ${name} | ${seconds.toFixed(2)} s | ${megabytes.toFixed(1)} MB |`);
  }
  const ratio = analyzed.seconds / plain.seconds;
  console.log(`| ratio | ${ratio.toFixed(2)} | ${(analyzed.megabytes / plain.megabytes).toFixed(2)} |\n`);
  return ratio;
}

async function measureSession(args: readonly string[], payload: Uint8Array<ArrayBuffer>): Promise<Cost> {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...args]);
  await waitUntilQuiet(splitter.pid); // the start of the program is not measured
  const before = processorSeconds(splitter.pid);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(payload, { bitsPerSecond: BITS_PER_SECOND });
  await caller.waitUntilDelivered();
  const megabytes = privateMegabytes((await splitter.event("session-start")).pid);
  caller.close();
  await splitter.event("session-end");
  return { seconds: processorSeconds(splitter.pid) - before, megabytes };
}

/** Throughput of `inspect` and its peers on one file, start-up included; returns that of `inspect` in MB/s. */
async function compareReading(folder: TemporaryFolder, stream: string): Promise<number> {
  const file = folder.file("large.ts");
  const content = Deno.readFileSync(stream);
  {
    using large = Deno.openSync(file, { write: true, create: true });
    for (let copy = 0; copy < COPIES; copy += 1) large.writeSync(content);
  }
  const megabytes = Deno.statSync(file).size / 1e6;
  const programs = [
    ["srt-splitter inspect", () => Splitter.run(["inspect", "--json", file])],
    ["cksum", () => new Deno.Command("cksum", { args: [file] }).output()],
    ["ffprobe (packet headers)", () => probe(file)],
  ] as const;
  const seconds = programs.map((): number[] => []);
  for (let run = 0; run < READS; run += 1) {
    for (const [index, [, read]] of programs.entries()) {
      const startMs = performance.now();
      const { code } = await read();
      if (code !== 0) throw new Error(`cannot measure ${programs[index]?.[0]}: it ended with code ${code}`);
      seconds[index]?.push((performance.now() - startMs) / 1000);
    }
  }
  const rates = seconds.map((times) => megabytes / median(times));
  console.log(`| reading ${megabytes.toFixed(0)} MB | rate | ratio |\n| --- | --- | --- |`);
  for (const [index, [name]] of programs.entries()) {
    const rate = rates[index] ?? NaN;
    console.log(`| ${name} | ${rate.toFixed(0)} MB/s | ${((rates[0] ?? NaN) / rate).toFixed(1)} |`);
  }
  return rates[0] ?? NaN;
}

function probe(file: string): Promise<Deno.CommandOutput> {
  return new Deno.Command("ffprobe", { args: ["-v", "quiet", "-count_packets", "-show_streams", file] }).output();
}
