import assert from "node:assert/strict";

import { Value } from "@sinclair/typebox/value";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { TsHealth } from "../../mod/vocabulary/ts_health.ts";
import { longSection, MadeStream } from "./made_stream.ts";
import { numbersOf } from "./numbers.ts";

/** A report must be shorter than this: it is a part of an event. */
const MAX_CHARACTERS = 50_000;

/** PATs and PMTs with correct checksums and otherwise random content, on a few PIDs, so that they are accepted. */
function forgedTables(seed: number): Uint8Array<ArrayBuffer> {
  const next = numbersOf(seed);
  const stream = new MadeStream();
  for (let count = 0; count < 400; count += 1) {
    const isPat = next(3) === 0;
    const body = Array.from({ length: next(170) }, () => next(256));
    if (isPat) { for (let at = 0; at + 3 < body.length; at += 4) body.splice(at, 4, 0, next(8), 0xe0, 0x20 + next(4)); }
    const section = longSection(isPat ? 0 : 2, next(8), { version: next(3), number: next(2), last: next(2), body });
    stream.section(isPat ? 0 : 0x20 + next(4), section);
    stream.packet(0x20 + next(0x1000), { pcrMs: next(1 << 30), discontinuity: next(9) === 0 });
    stream.packet(next(0x2000), { payload: new Uint8Array(100).map(() => next(256)), start: next(2) === 0 });
  }
  return stream.bytes();
}

for (let seed = 1; seed <= 20; seed += 1) {
  Deno.test(`TsAnalyzer reads forged tables without failing (seed ${seed})`, () => {
    const analyzer = new TsAnalyzer();
    analyzer.push(forgedTables(seed));
    const report = analyzer.report();
    assert.notEqual(report.services.length, 0, "no forged table was accepted");
    assert.ok(JSON.stringify(report).length < MAX_CHARACTERS);
  });

  Deno.test(`the report of TsAnalyzer on forged tables matches its schema (seed ${seed})`, () => {
    const analyzer = new TsAnalyzer();
    analyzer.push(forgedTables(seed));
    assert.deepEqual([...Value.Errors(TsHealth, analyzer.report())].map(({ path, message }) => [path, message]), []);
  });
}

Deno.test("TsAnalyzer keeps the report of a full multiplex short enough for an event", () => {
  const stream = new MadeStream();
  const programs = Array.from({ length: 250 }, (_, index) => index + 1);
  const pat = longSection(0, 1, {
    body: programs.flatMap((number) => [0, number, 0xf0 | (number >> 8), number]),
  });
  const payload = new Uint8Array([0, ...pat]);
  for (let at = 0; at < payload.length; at += 184) {
    stream.packet(0, { start: at === 0, payload: payload.subarray(at, at + 184) });
  }
  for (const number of programs) {
    const body = [0xe0 | 1, number, 0xf0, 0];
    for (let pid = 0; pid < 33; pid += 1) body.push(0x11, 0xe0 | 2 + (pid >> 3), number, 0xf0, 0);
    stream.section(0x1000 | number, longSection(2, number, { body }));
  }
  for (let pid = 0x20; pid < 0x1fff; pid += 1) stream.packet(pid, { pcrMs: pid }).packet(pid, { pcrMs: pid + 1 });
  const analyzer = new TsAnalyzer();
  const bytes = stream.bytes();
  for (let times = 0; times < 3; times += 1) analyzer.push(bytes);
  const report = analyzer.report();
  assert.deepEqual([report.services.length, report.pids.length, report.pcrPids.length], [32, 128, 32]);
  assert.ok(JSON.stringify(report).length < MAX_CHARACTERS, `${JSON.stringify(report).length} characters`);
});
