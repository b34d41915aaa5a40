/** Listening on every address of a machine; answers come from the address that was called. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { needing, NETWORK_NAMESPACES } from "../support/needs.ts";
import { NetworkNamespace } from "../support/network_namespace.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const FIRST = "192.0.2.1";
const SECOND = "192.0.2.2";
const IPV6 = "2001:db8::1";

for (const address of ["127.0.0.1", "::1", FIRST, SECOND, IPV6]) {
  Deno.test({
    ...needing(
      [NETWORK_NAMESPACES],
      `a caller that calls ${address} is recorded, with that local address, if the listener is on every address`,
    ),
    fn: async () => {
      using network = new NetworkNamespace([FIRST, SECOND, IPV6]);
      using folder = new TemporaryFolder();
      await using splitter = await Splitter.listen([":0", "--out", folder.path], { as: network.command });
      await using caller = LiveTransmit.call({ host: address, port: splitter.port, as: network.command });
      const payload = makePayload(20);
      await caller.send(payload, 8_000_000);
      const { file, local } = await splitter.recording();
      assert.strictEqual(local.address, address);
      await waitUntil("the recording", () => Deno.statSync(file).size === payload.length);
      assertSameBytes(Deno.readFileSync(file), payload);
    },
  });
}

Deno.test({
  ...needing([NETWORK_NAMESPACES], ":0 prints every address of the machine with one port"),
  fn: async () => {
    using network = new NetworkNamespace([FIRST, SECOND, IPV6]);
    await using splitter = await Splitter.listen([":0"], { as: network.command });
    const { addresses, port } = await splitter.event("listening");
    assert.deepStrictEqual(addresses.map(({ address }) => address).sort(), [
      "127.0.0.1",
      FIRST,
      SECOND,
      IPV6,
      "::1",
    ]);
    assert.deepStrictEqual(new Set(addresses.map((endpoint) => endpoint.port)), new Set([port]));
  },
});

/** Forms of the address, and a pattern that each printed address matches. */
const FORMS: readonly { readonly form: string; readonly only: RegExp }[] = [
  { form: "0", only: /./ },
  { form: ":0", only: /./ },
  { form: "srt://:0", only: /./ },
  { form: "127.0.0.1:0", only: /^127\.0\.0\.1$/ },
  { form: "[::1]:0", only: /^::1$/ },
  { form: "0.0.0.0:0", only: /^[0-9.]+$/ },
  { form: "[::]:0", only: /:/ },
];

for (const { form, only } of FORMS) {
  Deno.test(`listen ${form} takes a free port and prints it with its addresses`, async () => {
    await using splitter = await Splitter.listen([form]);
    const { addresses, port } = await splitter.event("listening");
    assert.ok(port > 0 && addresses.length > 0);
    for (const { address } of addresses) assert.match(address, only);
  });
}

Deno.test({
  ...needing([NETWORK_NAMESPACES], "several listeners on port 0 have different ports"),
  fn: async () => {
    using network = new NetworkNamespace();
    network.limitPorts(40_000, 40_007);
    await using listeners = new AsyncDisposableStack();
    const ports: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      // without spares, whose libsrt takes ports too
      const listener = await Splitter.listen(["127.0.0.1:0", "--spares", "0"], { as: network.command });
      ports.push(listeners.use(listener).port);
    }
    assert.deepStrictEqual([...new Set(ports)], ports);
  },
});

Deno.test("a caller over IPv6 is recorded", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["[::1]:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ host: "::1", port: splitter.port });
  const payload = makePayload(20);
  await caller.send(payload);
  await caller.waitUntilDelivered();
  caller.close();
  const { file } = await splitter.event("session-end");
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
});

Deno.test({
  ...needing(
    [NETWORK_NAMESPACES],
    "a new address can be called, and sessions of other addresses continue when it is removed",
  ),
  fn: async () => {
    using network = new NetworkNamespace([FIRST]);
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen([":0", "--out", folder.path], { as: network.command });
    const call = (host: string, name: string) => {
      return LiveTransmit.call({ host, port: splitter.port, query: `streamid=${name}`, as: network.command });
    };
    await using stays = call(FIRST, "stays");
    const payload = makePayload(240);
    const sending = stays.send(payload, 300_000); // more than eight seconds
    await splitter.event("session-start", ({ stream }) => stream === "stays");
    network.addAddress(SECOND);
    // the listener finds the address within five seconds; this caller repeats its call until then
    await using comes = call(SECOND, "comes");
    await comes.send(makePayload(20, 3), 8_000_000);
    const { local } = await splitter.event("session-start", ({ stream }) => stream === "comes");
    assert.strictEqual(local.address, SECOND);
    network.removeAddress(SECOND);
    await sending;
    const { file } = await splitter.recording(({ stream }) => stream === "stays");
    await waitUntil("the recording", () => Deno.statSync(file).size === payload.length);
    assertSameBytes(Deno.readFileSync(file), payload);
  },
});

Deno.test("listen rejects an address with a scope ID, and names the cause", async () => {
  const { code, stderr } = await Splitter.run(["listen", "[fe80::1%lo]:0"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /link-local addresses are not supported/);
});
