import assert from "node:assert/strict";

import type { Endpoint } from "../../mod/vocabulary/schema.ts";
import { listeningText } from "../../mod/report/listening_text.ts";
import { LISTENING } from "./events_of_a_run.ts";

function textFor(addresses: readonly string[], port = 9000): string {
  const endpoints = addresses.map((address): Endpoint => ({ address, port }));
  return listeningText({ ...LISTENING, addresses: endpoints, port }, { encrypted: false });
}

for (
  const [what, addresses, uri] of [
    [
      "the first IPv4 address that other machines reach",
      ["127.0.0.1", "fd00::7", "192.0.2.7", "192.0.2.8"],
      "192.0.2.7:5",
    ],
    ["an IPv6 address if there is no such IPv4 address", ["127.0.0.1", "::1", "fd00::7"], "[fd00::7]:5"],
    ["the loopback address if there is no other address", ["::1"], "[::1]:5"],
  ] as const
) {
  Deno.test(`listeningText uses ${what} in its examples`, () => {
    const text = textFor(addresses, 5);
    assert.equal(text.includes(`srt-live-transmit udp://:5000 "srt://${uri}?streamid=cam1"`), true, text);
    assert.equal(text.includes(`ffmpeg -re -f lavfi -i testsrc2 -f mpegts "srt://${uri}?streamid=cam1"`), true, text);
  });
}

Deno.test("listeningText counts addresses beyond the eighth", () => {
  const addresses = Array.from({ length: 10 }, (_, index) => `192.0.2.${index}`);
  assert.match(textFor(addresses), /192\.0\.2\.7 and 2 more\n/);
});

Deno.test("listeningText names the libsrt in use", () => {
  assert.match(textFor(["127.0.0.1"]), /\nlibsrt 1\.5\.1 \(libsrt\.so\.1\.5\)\n/);
});

Deno.test("listeningText names the URLs of the page, with --web only", () => {
  const text = listeningText({ ...LISTENING, web: ["http://192.0.2.7:9080/", "http://127.0.0.1:9080/"] }, {
    encrypted: false,
  });
  assert.match(text, /\npage: http:\/\/192\.0\.2\.7:9080\/, http:\/\/127\.0\.0\.1:9080\/\n/);
  assert.doesNotMatch(textFor(["127.0.0.1"]), /page/);
});

Deno.test("listeningText names the folder of recordings", () => {
  assert.match(textFor(["127.0.0.1"]), /\nrecording into \/srv\/recordings, /);
});

Deno.test("listeningText reports that nothing is recorded if there is no folder", () => {
  assert.match(
    listeningText({ ...LISTENING, out: null }, { encrypted: false }),
    /\nnot recording \(to record, add --out DIR\)/,
  );
});
