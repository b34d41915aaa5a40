/**
 * Tests that the verdict on a CONCLUSION is that of libsrt's listener, for each dialect of `fixtures/dialects.ts`. The variable
 * `SRT_SPLITTER_LIBSRT` names that libsrt; the default is the system's.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { judgeEncryption, PassphraseTries } from "../../mod/admission/judge_encryption.ts";
import { judgeRequest } from "../../mod/admission/judge_request.ts";
import type { UsableLibsrt } from "../../mod/handoff/contract.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { decodeConclusion } from "../../mod/packet/conclusion.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE, REJECTION_BASE } from "../../mod/packet/handshake.ts";
import { peekType } from "../../mod/packet/peek_handshake.ts";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import { probe } from "../../mod/session/probe.ts";
import { openLibsrt } from "../../mod/srt/find_library.ts";
import { acquireListener } from "../../mod/srt/listener.ts";
import { policyOf, secretPolicy } from "../admission/policy_of.ts";
import { type Dialect, DIALECT_PASSPHRASE, dialects, encodeDialect } from "../fixtures/dialects.ts";
import { bytes, hex, INDUCTION } from "../fixtures/handshakes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { mutate, randomFrom } from "../support/mutation.ts";
import { SOCKET_ID_OFFSET } from "../support/raw_caller.ts";

const CALLER = { address: "192.0.2.9", port: 6000 };
/** How often callers repeat a handshake. */
const REPEAT_MS = 250;
const [SEED, MUTATIONS] = [1, 1000];
const DIALECTS = await dialects();

/** What libsrt accepts and this program refuses, and why. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ["a stream ID that is cut", "its name would be missing"],
  ["two stream IDs", "its name would be ambiguous"],
  ['packet filter "fec,cols: 10"', "not a number"],
  ['packet filter "fec,cols:10 "', "not a number"],
  ['packet filter "fec,cols:+10"', "not a number"],
  ['packet filter "fec,cols:10x"', "not a number"],
  ['packet filter "fec,cols:256,rows:256"', "it damages the memory of libsrt 1.5.1"],
]);

/** What libsrt rejects in the process of the session, because this program does not detect it. */
const UNFORESEEN: ReadonlySet<string> = new Set(["a KMRSP in front of the key"]);

/** Reasons of this program in place of libsrt's: they name what is wrong. */
const MORE_PRECISE: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [REJECTION.ROGUE, REJECTION.FILTER, REJECTION.NOTSUP_MEDIA]], // texts that are empty or too long
  [REJECTION.BADSECRET, [REJECTION.ROGUE]], // key messages that are malformed
  [REJECTION.UNSECURE, [REJECTION.ROGUE, REJECTION.CRYPTO]],
  [12, [REJECTION.NOTSUP_MEDIA]], // file mode
  [13, [REJECTION.NOTSUP_MEDIA]],
  [REJECTION.FILTER, [REJECTION.ROGUE]], // a packet filter that is sent twice
]);

/** What the probe determines about a libsrt. */
type Abilities = Pick<UsableLibsrt, "version" | "aesGcm">;

/** Dialects with random changes. */
function* mutations(): Generator<Dialect> {
  const random = randomFrom(SEED);
  for (let made = 0; made < MUTATIONS; made += 1) {
    const dialect = DIALECTS[random(DIALECTS.length)];
    if (dialect === undefined) return;
    yield { ...dialect, extensions: mutate(dialect.extensions, random), announced: random(8), encryption: random(6) };
  }
}

function describe({ what, extensions, announced }: Dialect): string {
  return `${what}, with ${hex(extensions)} and extension field ${announced}`;
}

/** The reason with which this program rejects the caller, or null if it admits the caller. */
async function judge(
  dialect: Dialect,
  libsrt: Abilities = { version: "1.5.1", aesGcm: false },
): Promise<number | null> {
  const conclusion = decodeConclusion(encodeDialect(dialect, { socketId: 77, cookie: 1 }));
  if (conclusion.kind === "malformed") return REJECTION.ROGUE;
  const policy = dialect.encrypted ? secretPolicy(DIALECT_PASSPHRASE) : policyOf();
  const streamId = parseStreamId(conclusion.streamId);
  const verdict = judgeRequest({ conclusion, streamId, ...CALLER }, policy, { sessions: [], stopping: false });
  if (verdict.kind === "reject") return verdict.reason;
  const tries = new PassphraseTries();
  const subject = { ...CALLER, stream: null, proven: true, tries, libsrt, nowMs: 0 };
  const encryption = await judgeEncryption(conclusion.keyMaterial, verdict.terms, subject);
  return encryption.kind === "reject" ? encryption.reason : null;
}

/** The reason with which a new listener of libsrt rejects the caller, or null if it accepts the caller. */
async function ask(libsrt: ReturnType<typeof openLibsrt>, dialect: Dialect): Promise<number | null> {
  const { near, far } = openLoopbackPair(libc);
  using _far = far;
  const passphrase = dialect.encrypted ? DIALECT_PASSPHRASE : null;
  using _listener = acquireListener(libsrt, near.release(), { latencyMs: null, passphrase });
  /** Sends a handshake repeatedly, as callers do, and returns the answer. */
  async function exchange(datagram: Uint8Array<ArrayBuffer>): Promise<Handshake> {
    const isInduction = peekType(datagram) === HANDSHAKE_TYPE.INDUCTION;
    const buffer = new Uint8Array(2048);
    const startMs = performance.now();
    for (let sent = 0; performance.now() < startMs + DEADLINE_MS;) {
      if (performance.now() >= startMs + sent * REPEAT_MS) {
        far.send(datagram);
        sent += 1;
      }
      const length = far.peek(buffer);
      if (typeof length === "number") {
        far.drop();
        const handshake = decodeHandshake(buffer.subarray(0, length));
        if (handshake.kind === "malformed") continue; // a KEEPALIVE
        // the listener may have answered an INDUCTION twice, because it was repeated
        if ((handshake.type === HANDSHAKE_TYPE.INDUCTION) === isInduction) return handshake;
      } else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`no answer to ${dialect.what}`);
  }
  const induction = bytes(INDUCTION);
  const socketId = new DataView(induction.buffer).getUint32(SOCKET_ID_OFFSET);
  const { cookie } = await exchange(induction);
  const { type } = await exchange(encodeDialect(dialect, { socketId, cookie }));
  return type === HANDSHAKE_TYPE.CONCLUSION ? null : type - REJECTION_BASE;
}

const libc = openLibc();

Deno.test("the verdict on each dialect is that of libsrt", async (test) => {
  const file = Deno.env.get("SRT_SPLITTER_LIBSRT") ?? null;
  const { libsrt: abilities } = await probe({ libsrt: file, embedded: null }, libc);
  if (abilities === null) throw new Error("there is no libsrt");
  const libsrt = openLibsrt({ file });
  try {
    for (const dialect of DIALECTS.filter(({ unsafe }) => !unsafe)) {
      await test.step(dialect.what, async () => {
        const [ours, theirs] = [await judge(dialect, abilities), await ask(libsrt, dialect)];
        if (STRICTER.has(dialect.what)) ok(ours !== null);
        else if (UNFORESEEN.has(dialect.what)) ok(theirs !== null);
        else if (theirs === null || ours === null) deepStrictEqual(ours, theirs);
        else ok([theirs, ...MORE_PRECISE.get(theirs) ?? []].includes(ours), `${ours} in place of ${theirs}`);
      });
    }
    await test.step(`libsrt accepts each of ${MUTATIONS} mutated dialects that is admitted (seed ${SEED})`, async () => {
      for (const dialect of mutations()) {
        if (await judge(dialect, abilities) === null) strictEqual(await ask(libsrt, dialect), null, describe(dialect));
      }
    });
  } finally {
    libsrt.close();
  }
});

for (const dialect of DIALECTS.filter(({ unsafe }) => unsafe)) {
  Deno.test(`a caller with ${dialect.what} is refused, because libsrt would damage its own memory`, async () => {
    const reason = await judge(dialect);
    strictEqual(reason === REJECTION.ROGUE || reason === REJECTION.FILTER, true);
  });
}
