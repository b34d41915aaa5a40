/** When `send` closes its connection. */

import { ok } from "node:assert/strict";
import { sendSpans, type SpanSink } from "../../mod/send/send_spans.ts";

Deno.test("sendSpans waits longer than the latency, because gosrt delivers packets up to 10 ms late", async () => {
  const latencyMs = 100;
  let sentMs = 0;
  const caller: SpanSink = {
    send: () => {
      sentMs = performance.now();
      return "sent";
    },
    isOpen: true,
    unacknowledged: 0,
    latencyMs,
    statistics: () => ({ pktSndDropTotal: 0 }) as ReturnType<SpanSink["statistics"]>,
  };
  const spans = (async function* () {
    yield await Promise.resolve({ bytes: new Uint8Array(1316), durationMs: 0 });
  })();
  await sendSpans(spans, { caller, signal: new AbortController().signal });
  ok(performance.now() - sentMs > latencyMs + 20);
});
