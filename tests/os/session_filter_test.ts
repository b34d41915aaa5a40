/** Tests of mod/os/session_filter.ts: its programs in the kernel, on real sockets. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { InheritedSocket } from "../../mod/os/inherited_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import type { SessionFilter } from "../../mod/os/session_filter.ts";
import { bytes, CONCLUSION_PLAIN, INDUCTION } from "../fixtures/handshakes.ts";

const libc = openLibc();
const OURS = 0x1234_5678;
const CALLER = 0x0391_446f; // the socket ID of the captured CONCLUSION

const RULES: SessionFilter = {
  socketId: OURS,
  callerSocketId: CALLER,
  encrypted: false,
  induction: "pass",
  otherConclusion: "pass",
};

/** A packet's header and `bodyBytes` of body. */
function packet(type: number, destination: number, bodyBytes = 4): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(16 + bodyBytes));
  view.setUint32(0, type);
  view.setUint32(12, destination);
  return new Uint8Array(view.buffer);
}

function encryptedData(keyFlag: number): Uint8Array<ArrayBuffer> {
  const data = packet(7, OURS, 1316);
  new DataView(data.buffer).setUint32(4, 0xe000_0001 + keyFlag);
  return data;
}

function otherCaller(datagram: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  new DataView(datagram.buffer).setUint32(40, 0x0bad_cafe);
  return datagram;
}

/** A handshake with the type of a rejection, which only a listener sends. */
function rejection(): Uint8Array<ArrayBuffer> {
  const datagram = bytes(CONCLUSION_PLAIN).slice(0, 64);
  new DataView(datagram.buffer).setUint32(36, 2403);
  return datagram;
}

/** What the kernel does with a datagram under these rules. `hide`: libsrt reads an empty datagram in its place. */
function treatment(datagram: Uint8Array<ArrayBuffer>, rules: Partial<SessionFilter> = {}): string {
  const pair = openLoopbackPair(libc);
  using near = pair.near;
  using far = pair.far;
  const socket = new InheritedSocket(libc, near.descriptor);
  socket.filter({ ...RULES, ...rules });
  const { drops } = socket.queue();
  far.send(datagram);
  const length = near.peek(new Uint8Array(2048));
  if (length === "empty") return socket.queue().drops === drops + 1 ? "drop" : "lost";
  if (length === datagram.length) return "pass";
  return length === 0 ? "hide" : `cut to ${length}`;
}

const DATA = packet(7, OURS, 1316);
const KMREQ = 0xffff_0003;

for (
  const [what, datagram, rules, expected] of [
    ["data", DATA, {}, "pass"],
    ["a rejection", rejection(), {}, "hide"],
    ["a rejection of the listener that is called", rejection(), { otherHandshake: "pass" }, "pass"],
    ["data with the even key", encryptedData(0x0800_0000), { encrypted: true }, "pass"],
    ["data with the odd key", encryptedData(0x1000_0000), { encrypted: true }, "pass"],
    ["data without encryption in an encrypted session", DATA, { encrypted: true }, "hide"],
    ["data with the even key in a session without encryption", encryptedData(0x0800_0000), {}, "hide"],
    ["data with the odd key in a session without encryption", encryptedData(0x1000_0000), {}, "hide"],
    ["data for another socket", packet(7, OURS + 1, 1316), {}, "hide"],
    ["data before the socket ID is known", DATA, { socketId: null }, "pass"],
    ["data without a destination", packet(7, 0, 1316), { socketId: null }, "hide"],
    ["KEEPALIVE", packet(0x8001_0000, OURS), {}, "pass"],
    ["KEEPALIVE for another socket", packet(0x8001_0000, OURS + 1), {}, "hide"],
    ["ACKACK", packet(0x8006_0000, OURS), {}, "pass"],
    ["PEERERROR", packet(0x8008_0000, OURS), {}, "pass"],
    ["ACK", packet(0x8002_0000, OURS, 28), {}, "hide"],
    ["NAK", packet(0x8003_0000, OURS, 8), {}, "hide"],
    ["DROPREQ", packet(0x8007_0000, OURS, 8), {}, "hide"],
    ["a user-defined packet", packet(0xffff_0001, OURS, 12), {}, "hide"],
    ["SHUTDOWN", packet(0x8005_0000, OURS), {}, "drop"],
    ["SHUTDOWN for another socket", packet(0x8005_0000, OURS + 1), {}, "hide"],
    ["SHUTDOWN without body", packet(0x8005_0000, OURS, 0), {}, "drop"],
    ["KMREQ of an unencrypted session", packet(KMREQ, OURS, 72), {}, "hide"],
    ["KMREQ", packet(KMREQ, OURS, 104), { encrypted: true }, "pass"],
    ["KMREQ that overflows libsrt's buffer", packet(KMREQ, OURS, 108), { encrypted: true }, "hide"],
    ["INDUCTION", bytes(INDUCTION), { induction: "hide" }, "hide"],
    ["INDUCTION that should be counted", bytes(INDUCTION), { induction: "drop" }, "drop"],
    ["the caller's CONCLUSION", bytes(CONCLUSION_PLAIN), { otherConclusion: "hide" }, "pass"],
    ["another caller's CONCLUSION", otherCaller(bytes(CONCLUSION_PLAIN)), { otherConclusion: "hide" }, "hide"],
    ["a handshake of another type", packet(0x8000_0000, 0, 48), {}, "hide"],
    ["a handshake that is too short", packet(0x8000_0000, 0, 20), { induction: "drop" }, "hide"],
    ["a datagram without header", new Uint8Array(15), { induction: "drop" }, "hide"],
    ["an empty datagram", new Uint8Array(0), { induction: "drop" }, "pass"],
  ] as const
) {
  Deno.test(`encodeSessionFilter: ${what}: ${expected}`, () => strictEqual(treatment(datagram, rules), expected));
}

Deno.test("encodeClosedFilter hides everything", () => {
  const pair = openLoopbackPair(libc);
  using near = pair.near;
  using far = pair.far;
  const socket = new InheritedSocket(libc, near.descriptor);
  socket.hideAll();
  for (const datagram of [DATA, packet(0x8005_0000, OURS), bytes(INDUCTION)]) far.send(datagram);
  const lengths = [1, 2, 3].map(() => {
    const length = near.peek(new Uint8Array(2048));
    near.drop();
    return length;
  });
  deepStrictEqual([lengths, socket.queue().drops], [[0, 0, 0], 0]);
});
