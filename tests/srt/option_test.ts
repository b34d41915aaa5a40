import assert from "node:assert/strict";
import { SrtError } from "../../mod/srt/error.ts";
import { encodeOption } from "../../mod/srt/option.ts";
import { SrtSocket } from "../../mod/srt/socket.ts";
import { libsrt } from "./connected_pair.ts";

Deno.test("encodeOption encodes text as UTF-8, without a NUL", () => {
  assert.deepEqual(encodeOption("streamid", "é"), Uint8Array.of(0xc3, 0xa9));
});

Deno.test("encodeOption throws RangeError for text over 512 bytes", () => {
  assert.throws(() => encodeOption("streamid", "é".repeat(257)), RangeError);
});

Deno.test("encodeOption throws RangeError for a NUL, and does not quote the text", () => {
  assert.throws(
    () => encodeOption("passphrase", "opensesame\0"),
    (error) => error instanceof RangeError && !error.message.includes("opensesame"),
  );
});

Deno.test("encodeOption throws RangeError for a number that is not an int32", () => {
  assert.throws(() => encodeOption("latency", 1.5), RangeError);
  assert.throws(() => encodeOption("latency", 2 ** 31), RangeError);
});

Deno.test("SrtSocket.get returns the number that was set", () => {
  using socket = SrtSocket.create(libsrt.symbols);
  socket.set("rcvlatency", 1234);
  assert.equal(socket.get("rcvlatency"), 1234);
});

Deno.test("SrtSocket.get returns the boolean that was set", () => {
  using socket = SrtSocket.create(libsrt.symbols);
  assert.equal(socket.get("rcvsyn"), true);
  socket.set("rcvsyn", false);
  assert.equal(socket.get("rcvsyn"), false);
});

Deno.test("SrtSocket.get returns the text that was set", () => {
  using socket = SrtSocket.create(libsrt.symbols);
  socket.set("streamid", "#!::r=café,m=publish");
  assert.equal(socket.get("streamid"), "#!::r=café,m=publish");
});

Deno.test("SrtSocket.get returns all 512 bytes of a stream ID", () => {
  using socket = SrtSocket.create(libsrt.symbols);
  socket.set("streamid", "x".repeat(512));
  assert.equal(socket.get("streamid"), "x".repeat(512));
});

Deno.test("if libsrt refuses a value, SrtSocket.set throws an SrtError whose text does not have the value", () => {
  using socket = SrtSocket.create(libsrt.symbols);
  assert.throws(
    () => socket.set("passphrase", "short"),
    (error) => error instanceof SrtError && error.code === 5003 && !error.message.includes("short"),
  );
});

Deno.test("SrtSocket.state changes when the socket is closed, and a second close does nothing", () => {
  const socket = SrtSocket.create(libsrt.symbols);
  assert.equal(socket.state, "init");
  socket.close();
  assert.notEqual(socket.state, "init");
  socket.close();
});
