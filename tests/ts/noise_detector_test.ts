import assert from "node:assert/strict";

import { NoiseDetector } from "../../mod/ts/noise_detector.ts";
import { numbersOf } from "./numbers.ts";

/** Messages of a stream that a detector gets before the noise comes. */
const LEARNED = 20;

/** TS messages of `bytes` each: a sync byte every `size` bytes from `first` on, anything else in between. */
function* messages({ bytes = 1316, size = 188, first = 0 }): Generator<Uint8Array> {
  const next = numbersOf(7);
  while (true) {
    yield new Uint8Array(bytes).map((_, at) => at >= first && (at - first) % size === 0 ? 0x47 : next(256));
  }
}

/** A TS cut into messages that end in the middle of packets. */
function* unaligned(bytes: number): Generator<Uint8Array> {
  const next = numbersOf(8);
  for (let from = 0;; from += bytes) {
    yield new Uint8Array(bytes).map((_, at) => (from + at) % 188 === 0 ? 0x47 : next(256));
  }
}

function* noise(bytes: number): Generator<Uint8Array> {
  const next = numbersOf(9);
  while (true) yield new Uint8Array(bytes).map(() => next(256));
}

/** Pushes `count` messages and returns the verdicts. */
function push(detector: NoiseDetector, source: Generator<Uint8Array>, count: number): readonly string[] {
  return Array.from({ length: count }, () => detector.push(source.next().value));
}

function learned(source: Generator<Uint8Array>): NoiseDetector {
  const detector = new NoiseDetector();
  push(detector, source, LEARNED);
  return detector;
}

const FORMS = [
  ["seven packets", 1316, () => messages({})],
  ["one packet", 188, () => messages({ bytes: 188 })],
  ["seven packets after an RTP header", 1328, () => messages({ bytes: 1328, first: 12 })],
  ["192-byte packets with time stamps", 1344, () => messages({ bytes: 1344, size: 192, first: 4 })],
  ["204-byte packets", 1224, () => messages({ bytes: 1224, size: 204 })],
  ["1456 bytes, not aligned to packets", 1456, () => unaligned(1456)],
] as const;

for (
  const [what, from, to] of [
    ["loses a part of a packet", messages({}), messages({ first: 88 })],
    ["turns into 192-byte packets", messages({}), messages({ bytes: 1344, size: 192, first: 4 })],
    ["loses its RTP header", messages({ bytes: 1328, first: 12 }), messages({})],
  ] as const
) {
  Deno.test(`NoiseDetector returns clean for TS that ${what}`, () => {
    const detector = learned(from);
    assert.deepEqual([...new Set(push(detector, to, 100))], ["clean"]);
    assert.deepEqual(push(detector, noise(1316), 20).at(-1), "noise");
  });
}

for (const [what, bytes, source] of FORMS) {
  Deno.test(`NoiseDetector returns clean for messages of ${what}`, () => {
    const verdicts = new Set(push(new NoiseDetector(), source(), 500));
    assert.deepEqual([...verdicts], ["clean"]);
  });

  Deno.test(`NoiseDetector recognizes 20 messages of noise after messages of ${what}`, () => {
    const verdicts = push(learned(source()), noise(bytes), 20);
    assert.deepEqual(verdicts, [...new Array(19).fill("suspect"), "noise"]);
  });

  Deno.test(`NoiseDetector returns clean again if messages of ${what} follow 10 messages of noise`, () => {
    const detector = learned(source());
    push(detector, noise(bytes), 10);
    assert.equal(push(detector, source(), 5).at(-1), "clean");
  });
}

Deno.test("NoiseDetector counts noise from the last clean message on", () => {
  const source = messages({});
  const detector = learned(source);
  const verdicts = [0, 1, 2].flatMap(() => [...push(detector, noise(1316), 15), ...push(detector, source, 1)]);
  assert.ok(!verdicts.includes("noise"));
});

Deno.test("NoiseDetector returns noise for messages of one packet if every fourth does not start with a sync byte", () => {
  const detector = learned(messages({ bytes: 188 }));
  const verdicts = Array.from(
    { length: 20 },
    (_, index) => detector.push(new Uint8Array(188).fill(index % 4 ? 0x47 : 0)),
  );
  assert.equal(verdicts.at(-1), "noise");
});

Deno.test("NoiseDetector returns clean for a message with one damaged sync byte", () => {
  const source = messages({});
  const detector = learned(source);
  const message: Uint8Array = source.next().value;
  message[188] = 0;
  assert.equal(detector.push(message), "clean");
});

Deno.test("NoiseDetector suspects nothing in a payload that was never TS", () => {
  assert.deepEqual([...new Set(push(new NoiseDetector(), noise(1316), 200))], ["clean"]);
});

Deno.test("NoiseDetector returns noise until the noise ends", () => {
  const detector = learned(messages({}));
  assert.deepEqual(push(detector, noise(1316), 25).slice(19), new Array(6).fill("noise"));
});
