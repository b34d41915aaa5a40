import assert from "node:assert/strict";

import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import type { TsHealth } from "../../mod/vocabulary/ts_health.ts";
import { AUDIO_PID, framed, FRAMINGS, inRtp, MadeStream, PACKET } from "./made_stream.ts";
import { numbersOf } from "./numbers.ts";

function healthOf(bytes: Uint8Array): TsHealth {
  const analyzer = new TsAnalyzer();
  analyzer.push(bytes);
  return analyzer.report();
}

/** A healthy second, a lost audio packet, another healthy second; and the number of the packet with the error. */
function streamWithLoss(): readonly [bytes: Uint8Array, packet: number] {
  const stream = new MadeStream().second(0).packet(AUDIO_PID);
  const lostEnd = stream.bytes().length; // the last packet so far is the lost one
  const lostStart = lostEnd - PACKET;
  const whole = stream.second(1000).bytes();
  const bytes = Uint8Array.of(...whole.subarray(0, lostStart), ...whole.subarray(lostEnd));
  return [bytes, lostStart / PACKET + 4]; // the next audio packet, at which the loss is noticed
}

const FORMATS: readonly (string | null)[] = [
  null,
  "M2TS (192-byte packets with time stamps)",
  "TS in 192-byte packets",
  "TS in 204-byte packets",
];

for (const [index, framing] of FRAMINGS.entries()) {
  const { name, before, after } = framing;
  const size = before + PACKET + after;

  Deno.test(`TsAnalyzer names the format of ${name}`, () => {
    const { payload, format, packetBytes } = healthOf(framed(new MadeStream().second(0).bytes(), framing));
    assert.deepEqual({ payload, format, packetBytes }, { payload: "ts", format: FORMATS[index], packetBytes: size });
  });

  Deno.test(`TsAnalyzer finds the same in ${name} as in bare packets`, () => {
    const bare = new MadeStream().second(0).second(1000).bytes();
    const differing = { bytes: 0, format: null, packetBytes: 0 };
    assert.deepEqual({ ...healthOf(framed(bare, framing)), ...differing }, { ...healthOf(bare), ...differing });
  });

  Deno.test(`TsAnalyzer reports the offset of a lost packet in ${name}`, () => {
    const [bytes, packet] = streamWithLoss();
    const { errors, first } = healthOf(framed(bytes, framing));
    assert.deepEqual([errors, first.continuityErrors], [1, { offset: packet * size + before, pid: AUDIO_PID }]);
  });

  Deno.test(`TsAnalyzer counts a damaged sync byte in ${name}`, () => {
    const bytes = framed(new MadeStream().second(0).bytes(), framing);
    bytes[10 * size + before] = 0;
    const { errors, first, packets } = healthOf(bytes);
    assert.deepEqual([errors, first.syncErrors?.offset, packets], [1, 10 * size + before, 125]);
  });

  Deno.test(`TsAnalyzer finds no error if the stream begins within a packet, in ${name}`, () => {
    const bytes = framed(new MadeStream().second(0).bytes(), framing);
    for (let from = 1; from < size; from += 1) assert.equal(healthOf(bytes.subarray(from)).errors, 0, `byte ${from}`);
  });

  Deno.test(`TsAnalyzer counts one loss of sync for a packet of foreign bytes at the start, in ${name}`, () => {
    const bytes = framed(new MadeStream().second(0).bytes(), framing);
    const { errors, first } = healthOf(new Uint8Array([...new Uint8Array(size), ...bytes]));
    assert.deepEqual([errors, first.syncLosses], [1, { offset: 0, pid: null }]);
  });

  Deno.test(`TsAnalyzer finds sync again in ${name}`, () => {
    const half = framed(new MadeStream().second(0).bytes(), framing);
    const health = healthOf(Uint8Array.of(...half, ...new Uint8Array(100), ...half));
    const { syncLosses, packets, syncLostSinceOffset } = health;
    assert.deepEqual({ syncLosses, packets, syncLostSinceOffset }, {
      syncLosses: 1,
      packets: 250,
      syncLostSinceOffset: null,
    });
  });
}

Deno.test("TsAnalyzer reports the offset at which the TS packets of a stream end and other bytes follow", () => {
  const ts = new MadeStream().second(0).bytes();
  const next = numbersOf(1);
  const { errors, syncLostSinceOffset } = healthOf(
    Uint8Array.of(...ts, ...new Uint8Array(50_000).map(() => next(256))),
  );
  assert.deepEqual({ errors, syncLostSinceOffset }, { errors: 1, syncLostSinceOffset: ts.length });
});

Deno.test("TsAnalyzer continues when packets change their size", () => {
  const [bare, m2ts] = [0, 1].map((index) =>
    framed(new MadeStream().second(0).bytes(), FRAMINGS[index] ?? assert.fail())
  );
  const { syncLosses, packets } = healthOf(Uint8Array.of(...bare ?? [], ...m2ts ?? []));
  assert.deepEqual({ syncLosses, packets }, { syncLosses: 1, packets: 250 });
});

/** Almost a second of a healthy stream in RTP datagrams of seven packets. */
function rtpSecond(type: number): Uint8Array {
  return inRtp(new MadeStream().second(0).bytes(), type);
}

for (const type of [33, 96]) {
  Deno.test(`TsAnalyzer recognizes RTP of payload type ${type} with seven TS packets in a datagram`, () => {
    const { payload, format, packets, errors } = healthOf(rtpSecond(type));
    assert.deepEqual({ payload, format, packets, errors }, {
      payload: "other",
      format: "RTP with TS inside",
      packets: 0,
      errors: 0,
    });
  });
}

Deno.test("TsAnalyzer recognizes RTP in chunks of any size", () => {
  const bytes = rtpSecond(33);
  for (const size of [1, 100, 1328, 5000]) {
    const analyzer = new TsAnalyzer();
    for (let at = 0; at < bytes.length; at += size) analyzer.push(bytes.subarray(at, at + size));
    assert.deepEqual(analyzer.report(), healthOf(bytes), `chunks of ${size} bytes`);
  }
});
