/** Tests of mod/handoff/contract.ts. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { CHILD_EXIT, parseTicket } from "../../mod/handoff/contract.ts";
import { ticketOf } from "./ticket_of.ts";

Deno.test("parseTicket gives back the ticket that the listener wrote", () => {
  const ticket = ticketOf({ stream: 'größe "1"\n\u2028', passphrase: "correct-horse" });
  deepStrictEqual(parseTicket(JSON.stringify(ticket)), ticket);
});

for (const line of ["", "7", "null", '"text"', '{"passphrase":"correct-horse"']) {
  Deno.test(`parseTicket throws TypeError for ${JSON.stringify(line)}, and quotes nothing of it`, () => {
    throws(() => parseTicket(line), (error) => {
      return error instanceof TypeError && !`${error.stack}${String(error.cause)}`.includes("correct-horse");
    });
  });
}

Deno.test("CHILD_EXIT names each exit code once, none that a shell or a signal uses", () => {
  const codes = Object.values(CHILD_EXIT);
  strictEqual(new Set(codes).size, codes.length);
  strictEqual(codes.every((code) => code < 126), true);
});
