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
  await client.act({ hello: "command", command: "stop-all" });
  await client.snapshot();
  deepStrictEqual(asked, ["state", "state", "stop-all", "state"]);
});

Deno.test("ListenerClient asks for the bans at most once in 500 ms, even with the maximum of actions in progress", async () => {
  const asked: string[] = [];
  const client = new ListenerClient(({ command }) => {
    asked.push(command);
    return command === "bans"
      ? Promise.resolve({ answer: "bans", pid: 1, bans: [] })
      : Promise.withResolvers<ControlAnswer>().promise;
  }, () => 0);
  for (let count = 0; count < 8; count += 1) void client.act({ hello: "command", command: "stop-all" });
  const answers = [await client.question("bans"), await client.question("bans")];
  deepStrictEqual(answers.map((answer) => answer?.answer), ["bans", "bans"]);
  deepStrictEqual(asked.filter((command) => command === "bans"), ["bans"]);
});

Deno.test("ListenerClient refuses actions beyond its limit, until one has ended", async () => {
  const waiting: ((answer: ControlAnswer | null) => void)[] = [];
  const client = new ListenerClient(() => {
    const { promise, resolve } = Promise.withResolvers<ControlAnswer | null>();
    waiting.push(resolve);
    return promise;
  }, () => 0);
  const order: ControlRequest = { hello: "command", command: "stop-all" };
  const actions = Array.from({ length: 8 }, () => client.act(order));
  strictEqual(await client.act(order), "busy");
  waiting[0]?.(null);
  strictEqual(await actions[0], null);
  const next = client.act(order);
  for (const answer of waiting) answer(null);
  strictEqual(await next, null);
});
