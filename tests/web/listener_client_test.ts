import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ControlAnswer, ControlRequest } from "../../mod/handoff/control_message.ts";
import { ListenerClient } from "../../mod/web/listener_client.ts";

Deno.test("ListenerClient asks for the state at most once in 500 ms, and again after an action", async () => {
  const asked: string[] = [];
  let nowMs = 0;
  const client = new ListenerClient(({ command }) => {
    asked.push(command);
    return Promise.resolve(null);
  }, () => nowMs);
  for (nowMs of [0, 1, 499, 500, 999]) await client.snapshot();
  await client.act({ hello: "command", command: "bans" });
  await client.snapshot();
  deepStrictEqual(asked, ["state", "state", "bans", "state"]);
});

Deno.test("ListenerClient refuses actions beyond its limit, until one has ended", async () => {
  const waiting: ((answer: ControlAnswer | null) => void)[] = [];
  const client = new ListenerClient(() => {
    const { promise, resolve } = Promise.withResolvers<ControlAnswer | null>();
    waiting.push(resolve);
    return promise;
  }, () => 0);
  const bans: ControlRequest = { hello: "command", command: "bans" };
  const actions = Array.from({ length: 8 }, () => client.act(bans));
  strictEqual(await client.act(bans), "busy");
  waiting[0]?.(null);
  strictEqual(await actions[0], null);
  const next = client.act(bans);
  for (const answer of waiting) answer(null);
  strictEqual(await next, null);
});
