import assert from "node:assert/strict";
import type { HookMessage, HookReport } from "../../mod/hooks/contract.ts";
import { WebhookQueue } from "../../mod/hooks/webhook.ts";

const FIELDS = { event: "refused", session: "", stream: "", file: "", address: "", reason: "" };

function messageOf(number: number): HookMessage {
  return { name: "refused", json: JSON.stringify({ number }), fields: FIELDS, variables: [] };
}

function textOf(report: HookReport): string {
  return "text" in report ? report.text : "";
}

Deno.test("WebhookQueue drops the oldest message that waits if too many do, and reports it", async () => {
  const numbers: number[] = [];
  let isAway = true;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { number } = await request.json();
    if (isAway) return new Response(null, { status: 503 });
    numbers.push(number);
    return new Response();
  });
  const reports: HookReport[] = [];
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  const queue = new WebhookQueue({ url: `http://127.0.0.1:${server.addr.port}/`, secret: null }, {
    fetch,
    maxWaiting: 3,
    pausesMs: [1, 1],
    report: (report) => {
      reports.push(report);
      if (textOf(report).includes("503")) resolve();
    },
  });
  for (const number of [1, 2, 3, 4, 5]) queue.push(messageOf(number));
  await failed;
  isAway = false;
  await queue.finish();
  assert.deepStrictEqual(numbers, [1, 4, 5]);
  const texts = reports.map((report) => textOf(report).replace(/^webhook [^ ]+ /, ""));
  assert.strictEqual(texts[0], "too many messages wait, and the oldest are dropped");
  assert.match(texts.at(-1) ?? "", /^works again after .*; 2 messages lost$/);
});

Deno.test("WebhookQueue counts a message that is refused while delivery fails as lost", async () => {
  const answers = [503, 400, 200];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return new Response(null, { status: answers.shift() ?? 200 });
  });
  const texts: string[] = [];
  const queue = new WebhookQueue({ url: `http://127.0.0.1:${server.addr.port}/`, secret: null }, {
    fetch,
    pausesMs: [1, 1],
    report: (report) => texts.push(textOf(report)),
  });
  queue.push(messageOf(1));
  queue.push(messageOf(2));
  await queue.finish();
  assert.match(texts.at(-1) ?? "", /: works again after .*; 1 message lost$/);
});

/** Returns the first warning about a webhook that is never delivered, without the name of its host. */
async function firstWarning(url: string): Promise<string> {
  const { promise: warned, resolve } = Promise.withResolvers<string>();
  const queue = new WebhookQueue({ url, secret: null }, { fetch, report: (report) => resolve(textOf(report)) });
  queue.push(messageOf(1));
  const text = await warned;
  queue.kill();
  await queue.finish();
  return text.replace(/^webhook [^ ]+ /, "");
}

Deno.test("WebhookQueue does not mistake a part of the URL for the reason of a failure", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const text = await firstWarning(`http://127.0.0.1:${listener.addr.port}/lookup/tls(handshake)?certificate=1`);
  assert.match(text, /^it cannot be reached; /);
  listener.close();
  await closing;
});

Deno.test("WebhookQueue reports that TLS fails if the receiver has none", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response());
  const text = await firstWarning(`https://127.0.0.1:${server.addr.port}/`);
  assert.match(text, /^its TLS certificate is not accepted, or TLS fails; /);
});

Deno.test("WebhookQueue.kill ends a delivery that the receiver does not answer", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: answer, resolve: respond } = Promise.withResolvers<Response>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    arrive();
    return answer;
  });
  const reports: HookReport[] = [];
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const queue = new WebhookQueue({ url, secret: null }, { fetch, report: (report) => reports.push(report) });
  queue.push(messageOf(1));
  await arrived;
  const finished = queue.finish();
  queue.kill();
  await finished;
  respond(new Response());
  assert.deepStrictEqual(reports.map((report) => textOf(report).replace(/^webhook [^ ]+ /, "")), [
    "1 message was not delivered before the listener stopped",
  ]);
});
