/** Tests of mod/listener/threshold.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { HANDSHAKE_LIMITS, HandshakeSlots } from "../../mod/admission/handshake_slots.ts";
import { SecretCookie } from "../../mod/admission/secret_cookie.ts";
import { Pressure } from "../../mod/listener/pressure.ts";
import { Threshold } from "../../mod/listener/threshold.ts";
import { answerInPlace } from "../../mod/packet/peek_handshake.ts";
import { bytes, CONCLUSION_PLAIN, hex, INDUCTION, INDUCTION_RESPONSE, WAVEAHAND } from "../fixtures/handshakes.ts";
import { withCookie } from "./raw_caller.ts";

/** `struct sockaddr_in`: family, port 5000, address 192.0.2.1, eight bytes of nothing. */
const SOURCE = Uint8Array.of(2, 0, 0x13, 0x88, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);

/** A threshold and what it knows. */
class Known {
  readonly slots = new HandshakeSlots();
  readonly secret = new SecretCookie(Uint32Array.of(1, 2, 3, 4));
  readonly said: string[] = [];
  readonly pressure = new Pressure((text) => this.said.push(text));
  nowMs = 0;
  readonly threshold = new Threshold({ ...this, now: () => this.nowMs });

  /** More strangers than are usual in a second. */
  rush(): void {
    for (let times = 0; times <= HANDSHAKE_LIMITS.strangersPerSecond; times += 1) {
      this.slots.ask("192.0.2.9", this.nowMs);
    }
  }
}

Deno.test("an INDUCTION passes while strangers come at a usual rate, and nothing is said", () => {
  const known = new Known();
  deepStrictEqual([known.threshold.look(bytes(INDUCTION), SOURCE), known.said], ["pass", []]);
});

Deno.test("an INDUCTION in a rush is answered with the secret cookie of its source, and that is said once", () => {
  const known = new Known();
  known.rush();
  const answers = [1, 2].map(() => known.threshold.look(bytes(INDUCTION), SOURCE));
  const expected = hex(answerInPlace(bytes(INDUCTION), known.secret.make(SOURCE, 0)));
  deepStrictEqual(answers.map((answer) => typeof answer === "string" ? answer : hex(answer)), [expected, expected]);
  strictEqual(known.said.length, 1);
});

Deno.test("an INDUCTION passes again when the rush is over", () => {
  const known = new Known();
  known.rush();
  known.nowMs = 2000;
  strictEqual(known.threshold.look(bytes(INDUCTION), SOURCE), "pass");
});

for (
  const [what, source, laterMs, look] of [
    ["that brings its secret cookie back", SOURCE, 0, "pass"],
    ["that brings it back a minute later", SOURCE, 60_000, "pass"],
    ["that brings it back two minutes later", SOURCE, 120_000, "drop"],
    ["with the secret cookie of another source", SOURCE.with(7, 2), 0, "drop"],
  ] as const
) {
  Deno.test(`a CONCLUSION ${what}: ${look}`, () => {
    const known = new Known();
    const conclusion = withCookie(CONCLUSION_PLAIN, known.secret.make(SOURCE, 0));
    known.nowMs = laterMs;
    strictEqual(known.threshold.look(conclusion, source), look);
  });
}

Deno.test("an INDUCTION response is dropped at rest and in a rush: two listeners would answer each other without end", () => {
  const known = new Known();
  const atRest = known.threshold.look(bytes(INDUCTION_RESPONSE), SOURCE);
  known.rush();
  deepStrictEqual([atRest, known.threshold.look(bytes(INDUCTION_RESPONSE), SOURCE)], ["drop", "drop"]);
});

for (const [what, datagram] of [["an INDUCTION", INDUCTION], ["a rendezvous", WAVEAHAND]] as const) {
  Deno.test(`${what} from port 0 is dropped: its socket would keep every other port of the address out`, () => {
    strictEqual(new Known().threshold.look(bytes(datagram), SOURCE.with(2, 0).with(3, 0)), "drop");
  });
  Deno.test(`${what} from port 256 is none from port 0`, () => {
    strictEqual(new Known().threshold.look(bytes(datagram), SOURCE.with(2, 1).with(3, 0)), "pass");
  });
}

Deno.test("a rendezvous passes, but not without end in one second", () => {
  const known = new Known();
  const looks = Array.from({ length: 200 }, () => known.threshold.look(bytes(WAVEAHAND), SOURCE));
  deepStrictEqual([looks.filter((look) => look === "pass").length, looks.at(-1)], [100, "drop"]);
});

for (
  const [what, datagram] of [
    ["a handshake of no known type", `${INDUCTION.slice(0, 72)}00000005${INDUCTION.slice(80)}`],
    ["a handshake that was cut", INDUCTION.slice(0, -2)],
    ["nothing", ""],
  ] as const
) {
  Deno.test(`${what} is dropped`, () => strictEqual(new Known().threshold.look(bytes(datagram), SOURCE), "drop"));
}
