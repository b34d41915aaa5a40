/** Tests of mod/door/datagram_screen.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DatagramScreen, type Screening } from "../../mod/door/datagram_screen.ts";
import { FloodReport } from "../../mod/door/flood_report.ts";
import { HANDSHAKE_LIMITS, HandshakeSlots } from "../../mod/door/handshake_slots.ts";
import { SecretCookie } from "../../mod/door/secret_cookie.ts";
import { answerInPlace } from "../../mod/packet/peek_handshake.ts";
import {
  bytes,
  CONCLUSION_PLAIN,
  hex,
  INDUCTION,
  INDUCTION_RESPONSE,
  SRTLA_PROBE,
  WAVEAHAND,
} from "../fixtures/handshakes.ts";
import { withCookie } from "./raw_caller.ts";

/** `struct sockaddr_in`: family, port 5000, address 192.0.2.1, eight zero bytes. */
const SOURCE = Uint8Array.of(2, 0, 0x13, 0x88, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);

/** A screen, and everything that its decisions depend on. */
class Screened {
  readonly slots = new HandshakeSlots();
  readonly secret = new SecretCookie(Uint32Array.of(1, 2, 3, 4));
  readonly warnings: string[] = [];
  readonly flood = new FloodReport((text) => this.warnings.push(text));
  nowMs = 0;
  readonly issued = new Set<number>();
  readonly #screen = new DatagramScreen({
    keyLength: () => 0,
    ...this,
    isIssued: (cookie) => this.issued.has(cookie),
    now: () => this.nowMs,
  });

  screen(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array = SOURCE): Screening {
    return this.#screen.screen(datagram, source);
  }

  /** Adds more callers that have not returned a secret cookie than the rate allows. */
  startFlood(): void {
    for (let times = 0; times <= HANDSHAKE_LIMITS.unprovenPerSecond; times += 1) {
      this.slots.arrive("192.0.2.9", this.nowMs);
    }
  }
}

Deno.test("an INDUCTION is received while callers arrive below the rate", () => {
  const screened = new Screened();
  deepStrictEqual([screened.screen(bytes(INDUCTION)), screened.warnings], ["receive", []]);
});

Deno.test("an INDUCTION in a flood is answered with the secret cookie of its source, and the flood is reported once", () => {
  const screened = new Screened();
  screened.startFlood();
  const answers = [1, 2].map(() => screened.screen(bytes(INDUCTION)));
  const expected = hex(answerInPlace(bytes(INDUCTION), screened.secret.make(SOURCE, 0)));
  deepStrictEqual(answers.map((answer) => typeof answer === "string" ? answer : hex(answer)), [expected, expected]);
  strictEqual(screened.warnings.length, 1);
});

Deno.test("a probe is answered at once with 64 bytes, and counts neither as a caller nor as a flood", () => {
  const screened = new Screened();
  for (let times = 0; times < 2 * HANDSHAKE_LIMITS.unprovenPerSecond; times += 1) {
    const answer = screened.screen(bytes(SRTLA_PROBE));
    strictEqual(typeof answer === "string" ? answer : answer.length, 64);
  }
  deepStrictEqual([screened.screen(bytes(INDUCTION)), screened.slots.taken, screened.warnings], ["receive", 0, []]);
});

for (const [what, offset] of [["a socket ID", 40], ["an MSS", 28], ["a flow window", 32]] as const) {
  Deno.test(`an INDUCTION with ${what} is not a probe`, () => {
    const induction = bytes(SRTLA_PROBE);
    induction[offset + 3] = 1;
    strictEqual(new Screened().screen(induction), "receive");
  });
}

Deno.test("an INDUCTION is received again when the flood has ended", () => {
  const screened = new Screened();
  screened.startFlood();
  screened.nowMs = 2000;
  strictEqual(screened.screen(bytes(INDUCTION)), "receive");
});

for (
  const [what, source, laterMs, screening] of [
    ["with its secret cookie", SOURCE, 0, "receive"],
    ["with its secret cookie a minute later", SOURCE, 60_000, "receive"],
    ["with its secret cookie two minutes later", SOURCE, 120_000, "drop"],
    ["with the secret cookie of another source", SOURCE.with(7, 2), 0, "drop"],
  ] as const
) {
  Deno.test(`a CONCLUSION ${what}: ${screening}`, () => {
    const screened = new Screened();
    const conclusion = withCookie(CONCLUSION_PLAIN, screened.secret.make(SOURCE, 0));
    screened.nowMs = laterMs;
    strictEqual(screened.screen(conclusion, source), screening);
  });
}

Deno.test("an INDUCTION response is dropped, in a flood too: two listeners would answer each other without end", () => {
  const screened = new Screened();
  const atRest = screened.screen(bytes(INDUCTION_RESPONSE));
  screened.startFlood();
  deepStrictEqual([atRest, screened.screen(bytes(INDUCTION_RESPONSE))], ["drop", "drop"]);
});

for (const [what, datagram] of [["an INDUCTION", INDUCTION], ["a rendezvous", WAVEAHAND]] as const) {
  Deno.test(`${what} from port 0 is dropped: its socket would receive the datagrams of every other port of the address`, () => {
    strictEqual(new Screened().screen(bytes(datagram), SOURCE.with(2, 0).with(3, 0)), "drop");
  });
  Deno.test(`${what} from port 256 is received`, () => {
    strictEqual(new Screened().screen(bytes(datagram), SOURCE.with(2, 1).with(3, 0)), "receive");
  });
}

Deno.test("rendezvous handshakes are received up to 100 a second", () => {
  const screened = new Screened();
  const screenings = Array.from({ length: 200 }, () => screened.screen(bytes(WAVEAHAND)));
  deepStrictEqual([screenings.filter((screening) => screening === "receive").length, screenings.at(-1)], [100, "drop"]);
});

for (
  const [what, datagram] of [
    ["a handshake of no known type", `${INDUCTION.slice(0, 72)}00000005${INDUCTION.slice(80)}`],
    ["a handshake that was cut", INDUCTION.slice(0, -2)],
    ["an empty datagram", ""],
  ] as const
) {
  Deno.test(`${what} is dropped`, () => strictEqual(new Screened().screen(bytes(datagram)), "drop"));
}

Deno.test("a CONCLUSION is received if its cookie was issued to any caller, and dropped otherwise", () => {
  const screened = new Screened();
  screened.issued.add(0x0123_4568);
  deepStrictEqual(
    [0x0123_4568, 0x0123_4569].map((cookie) => screened.screen(withCookie(CONCLUSION_PLAIN, cookie))),
    ["receive", "drop"],
  );
});
