/** Passphrases at the limits, and in files as other systems write them: callers with another passphrase are refused. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LONGEST = "0123456789".repeat(8).slice(0, 79);
const NON_ASCII = "K\u00fche und K\u00e4se \u65e5\u672c";

/** The content of a file, the passphrase of a caller that is recorded, and that of a caller that is refused. */
const FILES: readonly (readonly [what: string, content: string, right: string, wrong: string])[] = [
  ["79 bytes", `${LONGEST}\n`, LONGEST, LONGEST.slice(0, 78)],
  ["non-ASCII characters", `${NON_ASCII}\n`, NON_ASCII, NON_ASCII.normalize("NFD")],
  ["a trailing space", "correcthorse \n", "correcthorse ", "correcthorse"],
  ["a Windows line ending", "correcthorse\r\nnotes\r\n", "correcthorse", "correcthorse\r"],
  ["a byte order mark and a Windows line ending", `\ufeff${NON_ASCII}\r\n`, NON_ASCII, `\ufeff${NON_ASCII}`],
];

async function assertRecorded(splitter: Splitter, passphrase: string): Promise<void> {
  const payload = makePayload(50);
  await using caller = await SrtCaller.connect({ port: splitter.port, passphrase });
  await caller.send(payload);
  await caller.waitUntilDelivered();
  caller.close();
  const { reason, file } = await splitter.event("session-end");
  assert.strictEqual(reason, "caller-closed");
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
}

for (const [what, content, right, wrong] of FILES) {
  Deno.test(`a passphrase file with ${what} admits callers with that passphrase only`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("secret"), content, { mode: 0o600 });
    const args = ["127.0.0.1:0", "--out", folder.path, "--passphrase-file", folder.file("secret")];
    await using splitter = await Splitter.listen(args);
    await assert.rejects(SrtCaller.connect({ port: splitter.port, passphrase: wrong }), { rejectReason: 10 });
    await assertRecorded(splitter, right);
  });
}

Deno.test("SRT_SPLITTER_PASSPHRASE with a carriage return at its end admits callers with the passphrase before it", async () => {
  using folder = new TemporaryFolder();
  const env = { SRT_SPLITTER_PASSPHRASE: `${NON_ASCII}\r` };
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { env });
  await assertRecorded(splitter, NON_ASCII);
});

Deno.test("srt-live-transmit with a non-ASCII passphrase and a key length of 32 bytes is admitted", async () => {
  using folder = new TemporaryFolder();
  const passphrase = NON_ASCII.replaceAll(" ", "-");
  const env = { SRT_SPLITTER_PASSPHRASE: passphrase };
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { env });
  await using caller = LiveTransmit.call({ port: splitter.port, query: `passphrase=${passphrase}&pbkeylen=32` });
  await caller.send(makePayload(50), 4_000_000);
  const { session } = await splitter.event("session-proven");
  assert.strictEqual(session, "s1");
  assert.strictEqual((await splitter.event("session-start")).keyLength, 32);
});

for (
  const [what, content, message] of [
    ["80 bytes", `${LONGEST}x\n`, /too long \(more than 79 bytes\)/],
    [
      "UTF-16 text, as Windows writes it,",
      "\ufeffcorrecthorse\r\n",
      /its first line is not UTF-8 text[^]*hint: save it as plain text in UTF-8/,
    ],
  ] as const
) {
  Deno.test(`a passphrase file with ${what} is an error at the start`, async () => {
    using folder = new TemporaryFolder();
    const utf16 = new Uint8Array(Uint16Array.from(content, (character) => character.charCodeAt(0)).buffer);
    Deno.writeFileSync(folder.file("secret"), what === "80 bytes" ? new TextEncoder().encode(content) : utf16);
    const { code, stderr } = await Splitter.run(["listen", "127.0.0.1:0", "--passphrase-file", folder.file("secret")]);
    assert.strictEqual(code, 2);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /correcthorse|0123456789/);
  });
}
