/** `--webhook`: events for hooks are posted to a real HTTP server, which may be unreachable. */

import assert from "node:assert/strict";
import { childrenOf, processFile } from "../support/processes.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { freeAddress, WebhookReceiver } from "../support/webhook_receiver.ts";

const LOCAL = "127.0.0.1:0";
const SECRET = "what only both sides know";

async function signatureOf(body: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(SECRET), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));
  return `sha256=${new Uint8Array(signature).toHex()}`;
}

Deno.test("a webhook gets the messages of a session in order, signed, and no secret is visible", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("secret");
  Deno.writeTextFileSync(file, `${SECRET}\n`, { mode: 0o600 });
  await using receiver = new WebhookReceiver();
  const args = ["--out", folder.path, "--webhook", receiver.url, "--webhook-secret-file", file, "--verbose"];
  await using splitter = await Splitter.listen([LOCAL, ...args]);
  const processes = [splitter.pid, ...childrenOf(splitter.pid)];
  const shown = processes.flatMap((pid) => ["cmdline", "environ"].map((name) => processFile(pid, name)));
  await sendAndClose(splitter.port, "cam1");
  assert.strictEqual(await splitter.stop(), 0);
  const end = await splitter.event("session-end");
  assert.deepStrictEqual(receiver.names, ["session-start", "segment", "session-end"]);
  assert.deepStrictEqual(JSON.parse(receiver.all[2]?.body ?? ""), { ...end, hook: "session-end" });
  for (const { method, headers, body } of receiver.all) {
    assert.deepStrictEqual([method, headers.get("Content-Type")], ["POST", "application/json"]);
    assert.strictEqual(headers.get("X-Srt-Splitter-Event"), JSON.parse(body).hook);
    assert.strictEqual(headers.get("X-Srt-Splitter-Signature"), await signatureOf(body));
  }
  assert.strictEqual(new Set(receiver.all.map(({ headers }) => headers.get("X-Srt-Splitter-Delivery"))).size, 3);
  assert.ok(![...shown, ...splitter.lines, ...splitter.errors].some((text) => text.includes(SECRET)));
  assert.ok(!splitter.errors.some((text) => text.includes("hush-hush")));
});

Deno.test("nothing is lost if the receiver of a webhook is unreachable for some time", async () => {
  const { hostname, port } = freeAddress();
  await using splitter = await Splitter.listen([LOCAL, "--webhook", `http://${hostname}:${port}/`]);
  await sendAndClose(splitter.port, "cam1");
  await splitter.event("session-end");
  await splitter.errorLine(
    /^warning: webhook 127.0.0.77:\d+: it refuses connections; messages wait, and delivery is tried again$/,
  );
  await sendAndClose(splitter.port, "cam2");
  await using receiver = new WebhookReceiver(() => 200, { hostname, port });
  await receiver.until(4);
  await splitter.errorLine(/^warning: webhook 127.0.0.77:\d+: works again after .*; no message was lost$/);
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(
    receiver.hooks,
    ["session-start cam1", "session-end cam1", "session-start cam2", "session-end cam2"],
  );
});

Deno.test("a message is posted again after a temporary error, with the same ID, also after the last session", async () => {
  await using receiver = new WebhookReceiver((index) => index < 2 ? 503 : 200);
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1", "--webhook", receiver.url]);
  await sendAndClose(splitter.port, "cam1");
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.deepStrictEqual(receiver.names, ["session-start", "session-start", "session-start", "session-end"]);
  assert.strictEqual(new Set(receiver.all.map(({ headers }) => headers.get("X-Srt-Splitter-Delivery"))).size, 2);
});

for (const status of [400, 307]) {
  Deno.test(`a message is dropped with a warning if the answer is HTTP status ${status}`, async () => {
    await using receiver = new WebhookReceiver((index) => index === 0 ? status : 200);
    await using splitter = await Splitter.listen([LOCAL, "--sessions", "1", "--webhook", receiver.url]);
    await sendAndClose(splitter.port, "cam1");
    assert.strictEqual((await splitter.ended()).code, 0);
    assert.deepStrictEqual(receiver.names, ["session-start", "session-end"]);
    assert.match(
      splitter.errors.join("\n"),
      new RegExp(`^warning: webhook .*: it answers with HTTP status ${status}; the message session-start is dropped$`),
    );
  });
}

for (
  const [args, message] of [
    [["--webhook", "ftp://h/"], /^error: cannot use --webhook: it is not an http or https URL\n/],
    [["--webhook", "http://u:hush@h/"], /^error: cannot use --webhook: it has a user or a password\n/],
    [["--webhook-secret-file", "x"], /^error: cannot use --webhook-secret-file without --webhook\n/],
    [
      ["--webhook", "http://127.0.0.1:1/", "--webhook-secret-file", "/no/such/file"],
      /^error: cannot read the webhook secret file "\/no\/such\/file": there is no such file\n/,
    ],
  ] as const
) {
  Deno.test(`${args.join(" ")} is an error at the start`, async () => {
    const { code, stderr } = await Splitter.run(["listen", LOCAL, ...args]);
    assert.strictEqual(code, 2);
    assert.match(stderr, message);
    assert.ok(!stderr.includes("hush"));
  });
}
