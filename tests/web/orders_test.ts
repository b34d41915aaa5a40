import { deepStrictEqual } from "node:assert/strict";
import type { ControlAnswer } from "../../mod/handoff/control_message.ts";
import { ListenerClient } from "../../mod/web/listener_client.ts";
import { Orders } from "../../mod/web/orders.ts";

/** Lifts a ban at a listener that gives this answer. */
async function lift(subject: string | null, answer: ControlAnswer | null): Promise<readonly [number, string | null]> {
  const response = await new Orders(new ListenerClient(() => Promise.resolve(answer), () => 0)).liftBan(subject);
  return [response.status, response.body === null ? null : (await response.json()).error];
}

Deno.test("Orders lifts a ban, and reports one that is not in force", async () => {
  deepStrictEqual(await lift("cam1", { answer: "lifted", pid: 1, subject: "cam1" }), [204, null]);
  const failed = { answer: "failed", pid: 1, problem: "there is no ban of cam1" } as const;
  deepStrictEqual(await lift("cam1", failed), [404, failed.problem]);
});

Deno.test("Orders refuses to lift a ban without a subject, or with one that is too long", async () => {
  for (const subject of [null, "x".repeat(513)]) {
    deepStrictEqual(await lift(subject, null), [400, "the query has no subject of at most 512 characters"]);
  }
});

for (
  const [answer, error] of [
    [null, "the listener does not answer"],
    [{ answer: "failed", pid: 1, problem: "it is stopping" }, "it is stopping"],
  ] as const
) {
  Deno.test(`Orders answers 503 with the text: ${error}`, async () => {
    const start = { event: "session-start", session: "s1" };
    const state = { answer: "state", sessions: [{ start }] } as unknown as ControlAnswer;
    const client = new ListenerClient(({ command }) => Promise.resolve(command === "state" ? state : answer), () => 0);
    const response = await new Orders(client).act("s1", "cut");
    deepStrictEqual([response.status, (await response.json()).error], [503, error]);
  });
}
