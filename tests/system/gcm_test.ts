/**
 * Callers with AES-GCM (`cryptomode=2`): recorded by a libsrt that supports it, refused with the right reason by another one.
 *
 * The tests with real callers need a libsrt that was built with ENABLE_AEAD_API_PREVIEW: SRT_SPLITTER_AEAD_LIBSRT names its file.
 */

import assert from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { probe } from "../../mod/session/probe.ts";
import { DIALECT_PASSPHRASE, dialects, encodeDialect } from "../fixtures/dialects.ts";
import { hex } from "../fixtures/handshakes.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { callWithGcm } from "../support/gcm_caller.ts";
import { type Need, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf } from "../support/processes.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const ENV = { SRT_SPLITTER_PASSPHRASE: DIALECT_PASSPHRASE };
const HANDSHAKE_TYPE_OFFSET = 36;
const LIBSRT = Deno.env.get("SRT_SPLITTER_AEAD_LIBSRT") ?? "";
const { libsrt: SYSTEM } = await probe(
  { libsrt: Deno.env.get("SRT_SPLITTER_LIBSRT") ?? null, embedded: null },
  openLibc(),
);

const AEAD_LIBSRT: Need = () => LIBSRT === "" ? "SRT_SPLITTER_AEAD_LIBSRT names no libsrt" : null;
const NO_AES_GCM: Need = () => SYSTEM?.aesGcm ? "the libsrt of this machine knows AES-GCM" : null;

for (const keyLength of [16, 32]) {
  Deno.test({
    ...needing([AEAD_LIBSRT], `a caller with AES-GCM and a key of ${keyLength} bytes is recorded, byte for byte`),
    fn: async () => {
      using folder = new TemporaryFolder();
      const payload = makePayload(300);
      Deno.writeFileSync(folder.file("payload"), payload);
      const args = ["127.0.0.1:0", "--out", folder.file("out"), "--libsrt", LIBSRT];
      Deno.mkdirSync(folder.file("out"));
      await using splitter = await Splitter.listen(args, { env: ENV });
      const call = { libsrt: LIBSRT, port: splitter.port, passphrase: DIALECT_PASSPHRASE, keyLength };
      assert.ok(await callWithGcm({ ...call, file: folder.file("payload") }));
      const { reason, file } = await splitter.event("session-end");
      assert.strictEqual(reason, "caller-closed");
      assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    },
  });
}

Deno.test({
  ...needing([AEAD_LIBSRT], "a caller with AES-GCM and a wrong passphrase is refused with 10"),
  fn: async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--libsrt", LIBSRT], { env: ENV });
    const call = { libsrt: LIBSRT, port: splitter.port, passphrase: "wrong-horse-battery", keyLength: 16 };
    assert.strictEqual(await callWithGcm({ ...call, file: "/dev/null" }), false);
    assert.strictEqual((await splitter.event("refused")).reason, 10);
  },
});

Deno.test({
  ...needing(
    [NO_AES_GCM],
    "a caller with AES-GCM is refused with 17 before a process starts, in a line that names cryptomode",
  ),
  fn: async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"], { env: ENV });
    using caller = new RawCaller(splitter.port);
    const dialect = (await dialects()).find(({ what }) => what === "cipher 4 with authentication 1");
    assert.ok(dialect !== undefined);
    const answer = await caller.conclude(hex(encodeDialect(dialect, { socketId: 0, cookie: 0 })));
    assert.strictEqual(answer.getUint32(HANDSHAKE_TYPE_OFFSET), 1017);
    const { reason, text, advice } = await splitter.event("refused");
    assert.strictEqual(reason, 17);
    assert.match(text, /AES-GCM \(cryptomode\), which libsrt \S+ of this machine cannot decrypt/);
    assert.match(advice, /cryptomode=1/);
    assert.deepStrictEqual(childrenOf(splitter.pid), []);
  },
});
