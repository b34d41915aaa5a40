import assert from "node:assert/strict";
import { parseUdpTemplate } from "../../mod/cli/udp_template.ts";
import { freePort } from "../../mod/os/free_port.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { UdpOutput } from "../../mod/outputs/udp_output.ts";
import { waitUntil } from "../support/processes.ts";
import { makePayload } from "../support/payload.ts";
import { payloadOf, UdpReceiver } from "../support/udp_receiver.ts";

const MESSAGE = 1316;
/** Opened here, because a library that a test opens counts as a leak. */
const libc = openLibc();

/** Opens an output that collects its warnings. */
function openOutput(target: string, { stream = "cam1", limitDatagrams = 4096 } = {}) {
  const warnings: string[] = [];
  const output = new UdpOutput({
    libc,
    template: parseUdpTemplate(target),
    values: { stream, "id.port": stream },
    utc: true,
    startMs: 0,
    limitDatagrams,
    warn: (text) => warnings.push(text),
  });
  return { output, warnings };
}

/** Pushes payload in messages; message `index` is due `intervalMs * index` from now. */
function push(output: UdpOutput, payload: Uint8Array<ArrayBuffer>, intervalMs = 0): number {
  const startMs = performance.now();
  for (let index = 0; index * MESSAGE < payload.length; index += 1) {
    const message = payload.slice(index * MESSAGE, (index + 1) * MESSAGE);
    output.push(message, startMs + intervalMs * index);
    message.fill(0); // valid during the call only
  }
  return startMs;
}

Deno.test("UdpOutput sends no datagram earlier than 80 ms after its payload was due", async () => {
  using receiver = new UdpReceiver();
  const { output, warnings } = openOutput(`127.0.0.1:${receiver.port}`);
  const payload = makePayload(40);
  const startMs = push(output, payload, 5);
  const received = await receiver.bytes(payload.length);
  assert.deepEqual(payloadOf(received), payload);
  assert.deepEqual(new Set(received.map(({ bytes }) => bytes.length)), new Set([MESSAGE]));
  // a busy machine makes them later, but nothing makes them earlier
  const early = received.filter(({ ms }, index) => ms < startMs + 5 * index + 80 - 1);
  assert.deepEqual(early, []);
  assert.deepEqual(await output.finish(), receiver.report(payload.length));
  assert.deepEqual(warnings, []);
});

Deno.test("UdpOutput.finish sends everything that waits, the rest of a datagram too", async () => {
  using receiver = new UdpReceiver();
  const { output } = openOutput(`127.0.0.1:${receiver.port}`);
  const payload = makePayload(10).slice(0, 9 * MESSAGE + 3 * 188);
  push(output, payload, 1);
  const { bytes, ok } = await output.finish();
  assert.deepEqual([bytes, ok], [payload.length, true]);
  assert.deepEqual(payloadOf(await receiver.bytes(payload.length)), payload);
});

Deno.test("UdpOutput reports no problem if nothing receives", async () => {
  using receiver = new UdpReceiver();
  const { port } = receiver;
  receiver[Symbol.dispose]();
  const { output, warnings } = openOutput(`127.0.0.1:${port}`);
  push(output, makePayload(20));
  const { ok, bytes } = await output.finish();
  assert.deepEqual([ok, bytes, warnings], [true, 20 * MESSAGE, []]);
});

Deno.test("UdpOutput drops whole datagrams beyond its limit, and reports that once", async () => {
  using receiver = new UdpReceiver();
  const { output, warnings } = openOutput(`127.0.0.1:${receiver.port}`, { limitDatagrams: 10 });
  push(output, makePayload(30));
  const { ok, bytes, droppedBytes } = await output.finish();
  assert.deepEqual([ok, bytes, droppedBytes], [false, 10 * MESSAGE, 20 * MESSAGE]);
  assert.deepEqual(warnings, [
    `udp://127.0.0.1:${receiver.port}: datagrams cannot be sent fast enough, so some are dropped; the session continues`,
  ]);
});

for (
  const [what, target, warning] of [
    [
      "the kernel refuses",
      "255.255.255.255:PORT",
      "cannot send: permission denied; datagrams are dropped until sending succeeds",
    ],
    [
      "names an interface that does not exist",
      "239.1.1.1:PORT?iface=none",
      "cannot use the interface none: no such device",
    ],
    [
      "is invalid with the values of its fields",
      "127.0.0.1:{id.port}",
      "cannot use this target: the port is not a number from 1 to 65535",
    ],
  ] as const
) {
  Deno.test(`UdpOutput drops the payload for a target that ${what}, and reports that once`, async () => {
    const port = String(freePort("127.0.0.1")); // other tests may run at the same time
    const { output, warnings } = openOutput(target.replace("PORT", port));
    push(output, makePayload(5));
    const { ok, bytes, droppedBytes, text } = await output.finish();
    assert.deepEqual([ok, bytes, droppedBytes, text], [false, 0, 5 * MESSAGE, warning]);
    assert.deepEqual(warnings, [
      `udp://${target.split("?")[0]?.replace("PORT", port).replace("{id.port}", "cam1")}: ${warning}`,
    ]);
  });
}

Deno.test("UdpOutput does not mix two sessions on one target: the second begins when the first has ended", async () => {
  using receiver = new UdpReceiver();
  const target = `127.0.0.1:${receiver.port}`;
  const [first, second] = [openOutput(target), openOutput(target)];
  const [one, two] = [makePayload(10, 1), makePayload(10, 2)];
  push(first.output, one);
  push(second.output, two);
  assert.deepEqual(payloadOf(await receiver.bytes(one.length)), one);
  await first.output.finish();
  let hasBegun = false;
  const begun = receiver.bytes(one.length + MESSAGE).then(() => hasBegun = true);
  let pushes = 0;
  await waitUntil("the second output", () => {
    push(second.output, makePayload(1, 3));
    pushes += 1;
    return hasBegun;
  });
  await begun;
  const { bytes, droppedBytes, text } = await second.output.finish();
  assert.deepEqual(bytes + droppedBytes, two.length + pushes * MESSAGE);
  assert.deepEqual(text, "started late, because another session sent to this target");
  assert.deepEqual(second.warnings, [
    `udp://${target}: another session sends to this target; this output starts when that session has ended`,
  ]);
});

Deno.test("UdpOutput sends to a multicast group, from the interface that the target names", async () => {
  using receiver = new UdpReceiver("0.0.0.0");
  await receiver.join("239.255.0.77");
  const { output, warnings } = openOutput(`udp://239.255.0.77:${receiver.port}?ttl=2&iface=lo`);
  const payload = makePayload(20);
  push(output, payload);
  assert.deepEqual(payloadOf(await receiver.bytes(payload.length)), payload);
  assert.ok((await output.finish()).ok);
  assert.deepEqual(warnings, []);
});

Deno.test("UdpOutput sends to an IPv6 address", async () => {
  using receiver = new UdpReceiver("::1");
  const { output, warnings } = openOutput(`udp://[::1]:${receiver.port}?ttl=2&iface=lo`);
  const payload = makePayload(20);
  push(output, payload);
  assert.deepEqual(payloadOf(await receiver.bytes(payload.length)), payload);
  assert.ok((await output.finish()).ok);
  assert.deepEqual(warnings, []);
});
