/**
 * Callers with unusual handshakes (dialects): accepted under the right stream name, or refused at once with a line that names
 * the cause.
 */

import assert from "node:assert/strict";
import { HANDSHAKE_TYPE, REJECTION_BASE } from "../../mod/packet/handshake.ts";
import { type Dialect, DIALECT_PASSPHRASE, dialects, encodeDialect } from "../fixtures/dialects.ts";
import { hex } from "../fixtures/handshakes.ts";
import { childrenOf } from "../support/processes.ts";
import { COOKIE_OFFSET, RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";

const HANDSHAKE_TYPE_OFFSET = 36;
const ENCRYPTION_OFFSET = 20;

const DIALECTS = new Map((await dialects()).map((dialect) => [dialect.what, dialect]));

const longest = dialectOf("a stream ID of 512 bytes");
const isStreamId = (index: number) => index >= longest.extensions.length - 512;
const latin1 = longest.extensions.map((byte, index) => isStreamId(index) ? 0xfc : byte);
DIALECTS.set("a stream ID of 512 bytes of Latin-1", { ...longest, extensions: latin1 });

/** Dialects that libsrt understands, and the stream name that is reported. */
const ADMITTED: readonly (readonly [what: string, stream: string | null])[] = [
  ["a stream ID before HSREQ", "abc"],
  ["a vendor's block in front", "abc"],
  ["an empty block of a vendor", "abc"],
  ["words of zeros in between", "abc"],
  ["a word of ones at the end", "abc"],
  ["3 bytes at the end", "abc"],
  ["an announced HSREQ that is missing", "abc"],
  ["a stream ID whose bit in the extension field is not set", null],
  ["a stream ID of NULs", null],
  ["a stream ID of 512 bytes of Latin-1", "\\xfc".repeat(512)],
  ["a stream ID of 512 bytes", "x".repeat(512)],
  ["two HSREQs", "abc"],
  ["no flags", null],
  ["MSS 320", null],
  ["AES-256, announced as AES-128", null],
  ["an unknown encryption field", null],
  ["the key behind a vendor's block", "abc"],
  ["both keys of AES-256", null],
  ["a salt of 8 bytes", null],
  ["two keys, the good one first", null],
];

/** Dialects that are refused: the reason, and patterns of the line. */
const REFUSED: readonly (readonly [what: string, reason: number, text: RegExp, advice: RegExp])[] = [
  ["a stream ID that is cut", 4, /malformed: extension block 5 .* runs past the end/, /update the caller/],
  ["SRT 1.2.9", 4, /states SRT 1\.2\.9 in a handshake of version 5/, /SRT 1\.3 or later/],
  ["MSS 76", 4, /packets of at most 76 bytes \(mss\)/, /set mss=1500/],
  ["STREAM", 12, /byte stream/, /transtype=live/],
  ["an unknown congestion control", 1415, /"bbr" mode/, /transtype=live/],
  ['packet filter "fec,cols:1"', 14, /packet filter of the caller/, /packetfilter/],
  ["a packet filter of NULs", 14, /packet filter of the caller/, /packetfilter/],
  ["a key length of 20", 4, /KMREQ key length 20 bytes/, /update the caller/],
];

function dialectOf(what: string): Dialect {
  const dialect = DIALECTS.get(what);
  if (dialect === undefined) throw new Error(`no dialect "${what}"`);
  return dialect;
}

/** A listener that has the passphrase of the dialects, or none. */
function listen(encrypted: boolean): Promise<Splitter> {
  const args = ["127.0.0.1:0", "--spares", "0", "--latency", "50"];
  return Splitter.listen(args, encrypted ? { env: { SRT_SPLITTER_PASSPHRASE: DIALECT_PASSPHRASE } } : {});
}

/** Calls, and returns the answer. */
async function call(caller: RawCaller, dialect: Dialect): Promise<DataView> {
  const conclusion = hex(encodeDialect(dialect, { socketId: 0, cookie: 0 }));
  let answer = await caller.conclude(conclusion);
  while (answer.getUint32(HANDSHAKE_TYPE_OFFSET) === HANDSHAKE_TYPE.INDUCTION) { // a challenge
    answer = await caller.conclude(conclusion, answer.getUint32(COOKIE_OFFSET));
  }
  return answer;
}

function typeOf(answer: DataView): number {
  return answer.getUint32(HANDSHAKE_TYPE_OFFSET);
}

for (const encrypted of [false, true]) {
  const dialect = encrypted ? "encrypted dialects" : "dialects";
  Deno.test(`callers with ${dialect} that libsrt understands are accepted, under the right stream name`, async (test) => {
    for (const [what, stream] of ADMITTED.filter(([what]) => dialectOf(what).encrypted === encrypted)) {
      await test.step(what, async () => {
        // one listener each: after many callers that send nothing, the next ones are challenged
        await using splitter = await listen(encrypted);
        using caller = new RawCaller(splitter.port);
        assert.strictEqual(typeOf(await call(caller, dialectOf(what))), HANDSHAKE_TYPE.CONCLUSION);
        const started = await splitter.event("session-start", (event) => event.caller.port === caller.port);
        assert.deepStrictEqual([started.stream, started.encrypted], [stream, encrypted]);
      });
    }
  });

  Deno.test(`callers with ${dialect} that libsrt rejects are refused with the cause, without a process`, async (test) => {
    await using splitter = await listen(encrypted);
    for (const [what, reason, text, advice] of REFUSED.filter(([what]) => dialectOf(what).encrypted === encrypted)) {
      await test.step(what, async () => {
        using caller = new RawCaller(splitter.port);
        assert.strictEqual(typeOf(await call(caller, dialectOf(what))), REJECTION_BASE + reason);
        const refused = await splitter.event("refused", (event) => event.caller.port === caller.port);
        assert.strictEqual(refused.reason, reason);
        assert.match(refused.text, text);
        assert.match(refused.advice, advice);
        assert.deepStrictEqual(childrenOf(splitter.pid), []);
      });
    }
  });
}

Deno.test("the answer to an encrypted caller states the length of its key; gosrt ignores an answer without it", async (test) => {
  await using splitter = await listen(true);
  for (
    const [what, encryption] of [["AES-128", 2], ["AES-192", 3], ["AES-256", 4], [
      "AES-256, announced as AES-128",
      4,
    ]] as const
  ) {
    await test.step(what, async () => {
      using caller = new RawCaller(splitter.port);
      const answer = await call(caller, dialectOf(what));
      assert.deepStrictEqual([typeOf(answer), answer.getUint16(ENCRYPTION_OFFSET)], [
        HANDSHAKE_TYPE.CONCLUSION,
        encryption,
      ]);
    });
  }
});

Deno.test("a caller that only libsrt rejects gets the reason of libsrt, and the listener reports that reason", async () => {
  await using splitter = await listen(true);
  using caller = new RawCaller(splitter.port);
  assert.strictEqual(typeOf(await call(caller, dialectOf("a KMRSP in front of the key"))), REJECTION_BASE + 11);
  const { reason, text, advice } = await splitter.event("refused");
  assert.deepStrictEqual([reason, text], [11, "libsrt rejected it: passphrase missing on one side (SRT_REJ_UNSECURE)"]);
  assert.match(advice, /passphrase, pbkeylen and cryptomode in the caller/);
});
