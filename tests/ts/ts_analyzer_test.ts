import assert from "node:assert/strict";

import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import type { TsErrorKind, TsHealth } from "../../mod/vocabulary/ts_health.ts";
import { AUDIO_PID, longSection, MadeStream, PACKET, pat, pmt, PMT_PID, VIDEO_PID } from "./made_stream.ts";

function healthOf(bytes: Uint8Array): TsHealth {
  const analyzer = new TsAnalyzer();
  analyzer.push(bytes);
  return analyzer.report();
}

/** Returns the count, the first offset and the PID of each kind of error that was found. */
function foundIn(bytes: Uint8Array): Readonly<Record<string, readonly [number, number, number | null]>> {
  const health = healthOf(bytes);
  const kinds = Object.entries(health.first) as [TsErrorKind, { offset: number; pid: number | null } | null][];
  return Object.fromEntries(kinds.flatMap(([kind, place]) => {
    assert.equal(place === null, health[kind] === 0, `${kind}: count and first place disagree`);
    return place === null ? [] : [[kind, [health[kind], place.offset, place.pid]]];
  }));
}

/** One second of a healthy stream, the packets that `broken` adds, another healthy second. */
function around(broken: (stream: MadeStream) => void): readonly [bytes: Uint8Array, offset: number] {
  const stream = new MadeStream().second(0);
  const { offset } = stream;
  broken(stream);
  return [stream.second(1000).bytes(), offset];
}

Deno.test("TsAnalyzer finds no error in a healthy stream", () => {
  assert.deepEqual(foundIn(new MadeStream().second(0).second(1000).bytes()), {});
});

Deno.test("TsAnalyzer reports the service, the PIDs and the table intervals of a healthy stream", () => {
  const { payload, packets, services, pat, pcrPids, clockMs } = healthOf(new MadeStream().second(0).bytes());
  const rhythm = { count: 25, version: 0, meanIntervalMs: 40, maxIntervalMs: 40 };
  assert.deepEqual({ payload, packets, services, pat, pcrPids, clockMs }, {
    payload: "ts",
    packets: 125,
    services: [{
      number: 1,
      name: null,
      provider: null,
      pmtPid: PMT_PID,
      pcrPid: VIDEO_PID,
      pmt: rhythm,
      streams: [{ pid: VIDEO_PID, type: 0x1b, text: "H.264 video" }, { pid: AUDIO_PID, type: 0x0f, text: "AAC audio" }],
    }],
    pat: rhythm,
    pcrPids: [{ pid: VIDEO_PID, count: 25, maxIntervalMs: 40, discontinuities: 0 }],
    clockMs: 960,
  });
});

Deno.test("TsAnalyzer counts a damaged sync byte", () => {
  const [bytes, offset] = around((stream) => stream.packet(AUDIO_PID, { change: (packet) => packet[0] = 0x00 }));
  assert.deepEqual(foundIn(bytes), { syncErrors: [1, offset, null] });
});

for (
  const [what, inserted] of [
    ["one foreign byte", 1],
    ["half a packet of foreign bytes", 94],
    ["more than three packets of foreign bytes", 3 * PACKET + 1],
  ] as const
) {
  Deno.test(`TsAnalyzer counts one loss of sync for ${what}, and finds sync again`, () => {
    const before = new MadeStream().second(0).bytes();
    const bytes = Uint8Array.of(...before, ...new Uint8Array(inserted), ...new MadeStream().second(1000).bytes());
    assert.deepEqual(foundIn(bytes), { syncLosses: [1, before.length, null] });
    assert.equal(healthOf(bytes).packets, 250);
  });
}

Deno.test("TsAnalyzer skips a few foreign bytes at the start without an error", () => {
  const bytes = Uint8Array.of(0x47, 1, 2, 3, ...new MadeStream().second(0).bytes());
  assert.deepEqual([foundIn(bytes), healthOf(bytes).packets], [{}, 125]);
});

for (const foreign of [PACKET, 100_000]) {
  Deno.test(`TsAnalyzer counts one loss of sync for ${foreign} foreign bytes at the start`, () => {
    const bytes = new Uint8Array([...new Uint8Array(foreign), ...new MadeStream().second(0).bytes()]);
    assert.deepEqual(foundIn(bytes), { syncLosses: [1, 0, null] });
    const { packets, syncLostSinceOffset } = healthOf(bytes);
    assert.deepEqual({ packets, syncLostSinceOffset }, { packets: 125, syncLostSinceOffset: null });
  });
}

Deno.test("TsAnalyzer counts lost packets under their PID", () => {
  const stream = new MadeStream().second(0).packet(AUDIO_PID);
  const lost = stream.bytes();
  const offset = lost.length - PACKET;
  const bytes = Uint8Array.of(...lost.subarray(0, offset), ...stream.second(1000).bytes().subarray(lost.length));
  const firstAudio = offset + 4 * PACKET;
  assert.deepEqual(foundIn(bytes), { continuityErrors: [1, firstAudio, AUDIO_PID] });
  const pid = healthOf(bytes).pids.find(({ pid }) => pid === AUDIO_PID);
  assert.deepEqual([pid?.continuityErrors, pid?.firstContinuityError], [1, firstAudio]);
});

/** A stream with `times` duplicates of an audio packet, and the offset of the first duplicate. */
function repeated(times: number): readonly [Uint8Array, number] {
  const stream = new MadeStream().second(0).packet(AUDIO_PID);
  const bytes = stream.bytes();
  const packet = bytes.subarray(bytes.length - PACKET);
  const rest = stream.second(1000).bytes().subarray(bytes.length);
  return [Uint8Array.of(...bytes, ...Array.from({ length: times }, () => [...packet]).flat(), ...rest), bytes.length];
}

Deno.test("TsAnalyzer accepts a duplicate packet", () => {
  assert.deepEqual(foundIn(repeated(1)[0]), {});
});

Deno.test("TsAnalyzer accepts many duplicate packets", () => {
  const packets: Uint8Array[] = [];
  const whole = new MadeStream().second(0).bytes();
  for (let at = 0; at < whole.length; at += PACKET) {
    const packet = whole.subarray(at, at + PACKET);
    packets.push(packet);
    if (at / PACKET % 10 === 4) packets.push(packet); // every second audio packet
  }
  assert.deepEqual(foundIn(Uint8Array.of(...packets.flatMap((packet) => [...packet]))), {});
});

Deno.test("TsAnalyzer counts a second duplicate as a continuity error", () => {
  const [bytes, offset] = repeated(2);
  assert.deepEqual(foundIn(bytes), { continuityErrors: [1, offset + PACKET, AUDIO_PID] });
});

Deno.test("TsAnalyzer accepts an announced discontinuity", () => {
  const [bytes] = around((stream) => {
    stream.packet(AUDIO_PID, {
      discontinuity: true,
      change: (packet) => packet[3] = 0x30 | (packet[3] ?? 0) + 5 & 0x0f,
    });
    for (let skipped = 0; skipped < 5; skipped += 1) stream.packet(AUDIO_PID);
  });
  const [announced, offset] = [bytes, 125 * PACKET];
  const kept = Uint8Array.of(...announced.subarray(0, offset + PACKET), ...announced.subarray(offset + 6 * PACKET));
  assert.deepEqual(foundIn(kept), {});
});

Deno.test("TsAnalyzer counts a counter that advances without payload as a continuity error", () => {
  const [bytes, offset] = around((stream) =>
    stream.packet(AUDIO_PID, { change: (packet) => packet.set([0x20 | (packet[3] ?? 0) & 0x0f, 183, 0], 3) })
  );
  assert.deepEqual(foundIn(bytes), { continuityErrors: [1, offset, AUDIO_PID] });
});

Deno.test("TsAnalyzer counts null packets and ignores their counters", () => {
  const [bytes] = around((stream) => {
    for (let count = 0; count < 7; count += 1) stream.packet(0x1fff, { change: (packet) => packet[3] = 0x10 });
  });
  assert.deepEqual([foundIn(bytes), healthOf(bytes).nullPackets], [{}, 7]);
});

Deno.test("TsAnalyzer counts packets marked as damaged and ignores their other fields", () => {
  const [bytes, offset] = around((stream) =>
    stream.packet(AUDIO_PID, { change: (packet) => packet.set([0x80 | AUDIO_PID >> 8, AUDIO_PID & 0xff, 0x1d], 1) })
  );
  assert.deepEqual(foundIn(bytes), { transportErrors: [1, offset, AUDIO_PID] });
});

Deno.test("TsAnalyzer counts a packet marked as damaged even if its other fields are correct", () => {
  const [bytes, offset] = around((stream) =>
    stream.packet(AUDIO_PID, { change: (packet) => packet[1] = 0x80 | AUDIO_PID >> 8 })
  );
  assert.deepEqual(foundIn(bytes), { transportErrors: [1, offset, AUDIO_PID] });
});

Deno.test("TsAnalyzer counts scrambled packets separately from errors", () => {
  const [bytes] = around((stream) =>
    stream.packet(AUDIO_PID, { change: (packet) => packet[3] = 0x80 | (packet[3] ?? 0) })
  );
  assert.deepEqual([foundIn(bytes), healthOf(bytes).scrambledPackets], [{}, 1]);
});

Deno.test("TsAnalyzer counts a scrambled PAT as a PAT error", () => {
  const [bytes, offset] = around((stream) =>
    stream.section(0, pat([[1, PMT_PID]]), (packet) => packet[3] = 0x80 | (packet[3] ?? 0))
  );
  assert.deepEqual(foundIn(bytes), { patErrors: [1, offset, 0] });
});

Deno.test("TsAnalyzer counts a foreign table on the PID of the PAT as a PAT error", () => {
  const [bytes, offset] = around((stream) => stream.section(0, longSection(0x42, 1, { body: [] })));
  assert.deepEqual(foundIn(bytes), { patErrors: [1, offset, 0] });
});

Deno.test("TsAnalyzer counts a PMT with a wrong checksum and ignores it", () => {
  const forged = pmt(1, VIDEO_PID, [[0x02, VIDEO_PID]], 1);
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  const [bytes, offset] = around((stream) => stream.section(PMT_PID, forged));
  assert.deepEqual(foundIn(bytes), { crcErrors: [1, offset, PMT_PID] });
  assert.equal(healthOf(bytes).services[0]?.streams[0]?.text, "H.264 video");
});

/**
 * Returns a healthy second, `ms` of stream time without the packets of `missing` and another healthy second; and a function that
 * returns the offset of the PCR at a stream time.
 */
function without(missing: "pat" | "pmt" | "audio", ms: number): readonly [Uint8Array, (atMs: number) => number] {
  const stream = new MadeStream().second(0);
  const offsets = new Map<number, number>();
  for (let atMs = 1000; atMs < 1000 + ms; atMs += 40) {
    if (missing !== "pat") stream.section(0, pat([[1, PMT_PID]]));
    if (missing !== "pmt") stream.section(PMT_PID, pmt(1, VIDEO_PID, [[0x1b, VIDEO_PID], [0x0f, AUDIO_PID]]));
    offsets.set(atMs, stream.offset);
    stream.packet(VIDEO_PID, { pcrMs: atMs });
    if (missing !== "audio") stream.packet(AUDIO_PID);
  }
  return [stream.second(1000 + ms).bytes(), (atMs) => offsets.get(atMs) ?? -1];
}

// The last table arrives at 920 ms (before the PCR of 960 ms), so the next one is late from the first PCR after 1420 ms on.
Deno.test("TsAnalyzer counts one PAT error if no PAT arrives for more than 500 ms", () => {
  const [bytes, offsetAt] = without("pat", 2000);
  assert.deepEqual(foundIn(bytes), { patErrors: [1, offsetAt(1440), 0] });
});

Deno.test("TsAnalyzer counts one PMT error if no PMT arrives for more than 500 ms", () => {
  const [bytes, offsetAt] = without("pmt", 2000);
  assert.deepEqual(foundIn(bytes), { pmtErrors: [1, offsetAt(1440), PMT_PID] });
});

Deno.test("TsAnalyzer accepts a pause of tables below 500 ms", () => {
  assert.deepEqual(foundIn(without("pat", 400)[0]), {});
});

Deno.test("TsAnalyzer counts one PID error if audio pauses for more than 6 s", () => {
  const [bytes] = without("audio", 8000);
  assert.deepEqual(Object.entries(foundIn(bytes)).map(([kind, [count, , pid]]) => [kind, count, pid]), [
    ["pidErrors", 1, AUDIO_PID],
  ]);
});

Deno.test("TsAnalyzer accepts a pause of audio below 5 s", () => {
  assert.deepEqual(foundIn(without("audio", 3000)[0]), {});
});

Deno.test("TsAnalyzer accepts any pause of data streams", () => {
  const stream = new MadeStream();
  for (let ms = 0; ms < 12_000; ms += 40) {
    stream.section(0, pat([[1, PMT_PID]])).section(PMT_PID, pmt(1, VIDEO_PID, [[0x1b, VIDEO_PID], [0x86, 0x102]]))
      .packet(VIDEO_PID, { pcrMs: ms });
  }
  assert.deepEqual(foundIn(stream.bytes()), {});
});

Deno.test("TsAnalyzer counts a jump of the PCR as a discontinuity, not as a delay of tables", () => {
  const stream = new MadeStream().second(0).second(3_600_000);
  assert.deepEqual(foundIn(stream.bytes()), {});
  assert.equal(healthOf(stream.bytes()).pcrPids[0]?.discontinuities, 1);
});

Deno.test("TsAnalyzer continues with the PCR of another PID if the first one stops", () => {
  const stream = new MadeStream();
  for (let ms = 0; ms < 4000; ms += 40) {
    if (ms < 2000) stream.tables();
    if (ms < 1000) stream.packet(VIDEO_PID, { pcrMs: ms });
    stream.packet(0x300, { pcrMs: 70_000 + ms });
  }
  const { patErrors, clockMs } = healthOf(stream.bytes());
  assert.equal(patErrors, 1);
  assert.equal(clockMs, 3960);
});

Deno.test("TsAnalyzer continues when the PCR wraps around", () => {
  const wrapMs = 2 ** 33 / 90;
  const health = healthOf(new MadeStream().second(wrapMs - 500).bytes());
  assert.deepEqual([health.pcrPids[0]?.discontinuities, Math.round(health.clockMs ?? 0)], [0, 960]);
});

Deno.test("TsAnalyzer reads a PMT whose PID had packets before the first PAT", () => {
  const bytes = new MadeStream().second(0).second(1000).bytes().subarray(PACKET); // begins with a PMT
  const { errors, services } = healthOf(bytes);
  assert.deepEqual([errors, services.map(({ streams }) => streams.length), services[0]?.pmt?.count], [0, [2], 49]);
});

Deno.test("TsAnalyzer counts a packet that was lost just before the first PAT under the PID of the PMT", () => {
  const bytes = new MadeStream().packet(PMT_PID).packet(PMT_PID).second(0).bytes();
  const received = new Uint8Array([...bytes.subarray(0, PACKET), ...bytes.subarray(2 * PACKET)]);
  assert.deepEqual(foundIn(received), { continuityErrors: [1, 2 * PACKET, PMT_PID] });
});

Deno.test("TsAnalyzer reports the service of a new PAT, and no longer that of the old one", () => {
  const stream = new MadeStream().second(0);
  stream.section(0, pat([[7, 0x200]], 1)).section(0x200, pmt(7, 0x201, [[0x24, 0x201]]));
  const [service, ...others] = healthOf(stream.bytes()).services;
  assert.deepEqual([service?.number, service?.streams, others], [
    7,
    [{ pid: 0x201, type: 0x24, text: "H.265 video" }],
    [],
  ]);
});

Deno.test("TsAnalyzer assembles a PAT of several sections", () => {
  const stream = new MadeStream().second(0);
  stream.section(0, longSection(0, 1, { version: 1, number: 0, last: 1, body: [0, 1, 0xf0, 0] }));
  stream.section(0, longSection(0, 1, { version: 1, number: 1, last: 1, body: [0, 2, 0xf0, 1] }));
  assert.deepEqual(healthOf(stream.bytes()).services.map(({ number, pmtPid }) => [number, pmtPid]), [[1, 0x1000], [
    2,
    0x1001,
  ]]);
});

Deno.test("TsAnalyzer drops the sections of an older PAT", () => {
  const stream = new MadeStream().second(0);
  stream.section(0, longSection(0, 1, { version: 1, number: 0, last: 1, body: [0, 1, 0xf0, 0] }));
  stream.section(0, longSection(0, 1, { version: 1, number: 1, last: 1, body: [0, 2, 0xf0, 1] }));
  stream.section(0, pat([[3, 0x1002]], 2));
  assert.deepEqual(healthOf(stream.bytes()).services.map(({ number }) => number), [3]);
});

/** An SDT with one service. */
function sdt(number: number, provider: readonly number[], name: readonly number[]): Uint8Array {
  const descriptor = [1, provider.length, ...provider, name.length, ...name];
  const service = [0, number, 0xfc, 0x80, descriptor.length + 2, 0x48, descriptor.length, ...descriptor];
  return longSection(0x42, 1, { body: [0, 1, 0xff, ...service] });
}

Deno.test("TsAnalyzer reports the names of services from the SDT", () => {
  const encode = (text: string) => [...new TextEncoder().encode(text)];
  const stream = new MadeStream().second(0).section(0x11, sdt(1, encode("Sender"), [0x15, ...encode("Prüfung")]));
  const [service] = healthOf(stream.bytes()).services;
  assert.deepEqual([service?.name, service?.provider], ["Prüfung", "Sender"]);
});

Deno.test("TsAnalyzer counts an SDT with a wrong checksum and ignores it", () => {
  const wrong = sdt(1, [], [0x41]);
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
  const [bytes, offset] = around((stream) => stream.section(0x11, wrong));
  assert.deepEqual([foundIn(bytes), healthOf(bytes).services[0]?.name], [{ crcErrors: [1, offset, 0x11] }, null]);
});

Deno.test("TsAnalyzer assembles a PMT from several packets", () => {
  const descriptors = [0x05, 4, ...new TextEncoder().encode("Opus"), 0x80, 200, ...new Array(200).fill(1)];
  const section = pmt(1, VIDEO_PID, [[0x06, VIDEO_PID, descriptors]], 1);
  const stream = new MadeStream().second(0);
  stream.packet(PMT_PID, { start: true, payload: new Uint8Array([0, ...section.subarray(0, 183)]) });
  stream.packet(PMT_PID, { payload: section.subarray(183) });
  assert.equal(healthOf(stream.bytes()).services[0]?.streams[0]?.text, "Opus audio");
});

Deno.test("TsAnalyzer reports text as other payload", () => {
  const { payload, format, packets } = healthOf(new TextEncoder().encode("no stream at all\n".repeat(5000)));
  assert.deepEqual({ payload, format, packets }, { payload: "other", format: "text", packets: 0 });
});

Deno.test("TsAnalyzer reports a payload of two packets as unknown", () => {
  assert.equal(healthOf(new MadeStream().tables().bytes()).payload, "unknown");
});

Deno.test("TsAnalyzer counts a stream without PCR and PAT as one PAT error", () => {
  const stream = new MadeStream();
  for (let count = 0; count < 64; count += 1) stream.packet(VIDEO_PID);
  const analyzer = new TsAnalyzer();
  const bytes = stream.bytes();
  for (let count = 0; count < 65_536; count += 64) analyzer.push(bytes);
  assert.equal(analyzer.report().patErrors, 1);
});

Deno.test("TsAnalyzer lists 128 PIDs at most, and reports how many there are", () => {
  const stream = new MadeStream();
  for (let pid = 0x20; pid < 0x1000; pid += 1) stream.packet(pid);
  const { pids, pidsTotal } = healthOf(stream.bytes());
  assert.deepEqual([pids.length, pidsTotal], [128, 0x1000 - 0x20]);
});
