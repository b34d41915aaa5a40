import { notStrictEqual, strictEqual, throws } from "node:assert/strict";
import { predictCookie } from "../../mod/packet/cookie.ts";
import { decodeHandshake } from "../../mod/packet/handshake.ts";
import { bytes, INDUCTION_COOKIE_PORT, INDUCTION_RESPONSE_WITH_COOKIE } from "../fixtures/handshakes.ts";

Deno.test("predictCookie returns the cookie of a libsrt 1.5.1 listener in its first minute", () => {
  const response = decodeHandshake(bytes(INDUCTION_RESPONSE_WITH_COOKIE));
  const cookie = predictCookie({ address: "127.0.0.1", port: INDUCTION_COOKIE_PORT });
  strictEqual(cookie, response.kind === "handshake" ? response.cookie : response.text);
});

// From packets of srt-live-transmit 1.5.1 as listener on [::1] and on [::] with ipv6only=0.
for (const [address, port, cookie] of [["::1", 59197, 0x1d083fe2], ["::ffff:127.0.0.1", 33600, 0xc857c008]] as const) {
  Deno.test(`predictCookie returns the cookie that libsrt 1.5.1 sends to ${address}`, () => {
    strictEqual(predictCookie({ address, port }), cookie);
  });
}

Deno.test("predictCookie returns the same for two spellings of an address", () => {
  strictEqual(
    predictCookie({ address: "0:0:0:0:0:0:0:1", port: 59197 }),
    predictCookie({ address: "::1", port: 59197 }),
  );
});

Deno.test("predictCookie returns another cookie after a minute", () => {
  const endpoint = { address: "127.0.0.1", port: 9000 };
  notStrictEqual(predictCookie(endpoint, 1), predictCookie(endpoint, 0));
});

Deno.test("predictCookie throws RangeError for text that is not an address", () => {
  throws(() => predictCookie({ address: "localhost", port: 9000 }), RangeError);
});
