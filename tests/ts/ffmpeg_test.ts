import assert from "node:assert/strict";

import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import type { TsHealth } from "../../mod/vocabulary/ts_health.ts";

const SOURCES = [
  ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "testsrc=s=160x120:r=25"],
  ...["-f", "lavfi", "-i", "sine=440"],
];
const TWO_PROGRAMS = [
  ...[
    "-map",
    "0:v",
    "-map",
    "2:a",
    "-map",
    "1:v",
    "-map",
    "2:a",
    "-c:v",
    "mpeg2video",
    "-c:a:0",
    "mp2",
    "-c:a:1",
    "ac3",
  ],
  ...["-program", "program_num=5:st=0:st=1", "-program", "program_num=9:st=2:st=3"],
];

/** Makes a TS file with ffmpeg and passes its path to `use`. */
async function withStream(
  { seconds, options }: { readonly seconds: number; readonly options: readonly string[] },
  use: (path: string) => Promise<void>,
): Promise<void> {
  const path = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    await run("ffmpeg", ["-v", "error", "-y", ...SOURCES, "-t", `${seconds}`, ...options, "-f", "mpegts", path]);
    await use(path);
  } finally {
    Deno.removeSync(path);
  }
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  assert.ok(success, `${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function healthOf(path: string): TsHealth {
  const analyzer = new TsAnalyzer();
  analyzer.push(Deno.readFileSync(path));
  return analyzer.report();
}

/** A program as ffprobe prints it. */
interface Program {
  readonly program_num: number;
  readonly pmt_pid: number;
  readonly pcr_pid: number;
  readonly streams: readonly { readonly id: string; readonly codec_name: string }[];
}

/** ffprobe's names for our descriptions. */
const CODECS: Readonly<Record<string, string>> = {
  "MPEG-2 video": "mpeg2video",
  "MPEG-1 audio": "mp2",
  "AC-3 audio": "ac3",
};

Deno.test("TsAnalyzer finds no error in a TS from ffmpeg", async () => {
  await withStream({ seconds: 8, options: TWO_PROGRAMS }, (path) => {
    const { payload, errors, transportErrors, crcErrors } = healthOf(path);
    assert.deepEqual({ payload, errors, transportErrors, crcErrors }, {
      payload: "ts",
      errors: 0,
      transportErrors: 0,
      crcErrors: 0,
    });
    return Promise.resolve();
  });
});

Deno.test("TsAnalyzer counts all packets of a file", async () => {
  await withStream({ seconds: 2, options: TWO_PROGRAMS }, (path) => {
    assert.equal(healthOf(path).packets, Deno.statSync(path).size / 188);
    return Promise.resolve();
  });
});

Deno.test("TsAnalyzer finds the programs, PIDs and codecs that ffprobe finds", async () => {
  await withStream({ seconds: 2, options: TWO_PROGRAMS }, async (path) => {
    const output = await run("ffprobe", ["-v", "error", "-show_programs", "-of", "json", path]);
    const programs: readonly Program[] = JSON.parse(output).programs;
    const theirs = programs.map(({ program_num, pmt_pid, pcr_pid, streams }) => ({
      number: program_num,
      pmtPid: pmt_pid,
      pcrPid: pcr_pid,
      streams: streams.map(({ id, codec_name }) => ({ pid: Number(id), codec: codec_name })),
    }));
    const ours = healthOf(path).services.map(({ number, pmtPid, pcrPid, streams }) => ({
      number,
      pmtPid,
      pcrPid,
      streams: streams.map(({ pid, text }) => ({ pid, codec: CODECS[text] })),
    }));
    assert.deepEqual(ours, theirs);
  });
});

Deno.test("TsAnalyzer counts null packets and measures the duration of a TS with a constant rate", async () => {
  const options = ["-map", "0:v", "-c:v", "mpeg2video", "-b:v", "500k", "-muxrate", "4M"];
  await withStream({ seconds: 4, options }, (path) => {
    const { nullPackets, bytes, clockMs, errors } = healthOf(path);
    assert.equal(errors, 0);
    assert.ok(nullPackets > 1000, `${nullPackets} null packets`);
    const rate = bytes * 8000 / (clockMs ?? 0);
    assert.ok(rate > 3.9e6 && rate < 4.2e6, `${rate} bit/s by the PCR`);
    return Promise.resolve();
  });
});

Deno.test("TsAnalyzer and ffprobe both report missing packets", async () => {
  await withStream({ seconds: 2, options: TWO_PROGRAMS }, async (path) => {
    const whole = Deno.readFileSync(path);
    const cut = 188 * 500;
    Deno.writeFileSync(path, whole.copyWithin(cut, cut + 188 * 7).subarray(0, -188 * 7));
    const { continuityErrors, first } = healthOf(path);
    assert.ok(continuityErrors >= 1, "no continuity error");
    assert.ok((first.continuityErrors?.offset ?? 0) >= cut, "found before the cut");
    const { stderr } = await new Deno.Command("ffprobe", { args: ["-v", "debug", "-show_packets", path] }).output();
    assert.match(new TextDecoder().decode(stderr), /Continuity check failed for pid/);
  });
});

Deno.test("TsAnalyzer reads the service names that ffmpeg writes", async () => {
  const options = [
    ...["-map", "0:v", "-c:v", "mpeg2video", "-metadata", "service_name=Prüfung 1"],
    ...["-metadata", "service_provider=Feld"],
  ];
  await withStream({ seconds: 1, options }, (path) => {
    const [service] = healthOf(path).services;
    assert.deepEqual([service?.name, service?.provider], ["Prüfung 1", "Feld"]);
    return Promise.resolve();
  });
});
