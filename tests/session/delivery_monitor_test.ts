/** Tests of mod/session/delivery_monitor.ts. */
import { strictEqual } from "node:assert/strict";
import { DeliveryMonitor } from "../../mod/session/delivery_monitor.ts";

/** Returns a monitor that was updated with these counters once a second; a second of payload is 100 packets. */
function monitorOf(
  seconds: readonly { readonly arrived: number; readonly waiting: number; readonly delivered: number }[],
): DeliveryMonitor {
  const monitor = new DeliveryMonitor(0);
  seconds.forEach(({ arrived, waiting, delivered }, index) =>
    monitor.update({
      nowMs: (index + 1) * 1000,
      arrivedPackets: arrived,
      waitingPackets: waiting,
      deliveredMessages: delivered,
    })
  );
  return monitor;
}

Deno.test("undeliveredMs counts from the arrival of the first payload while nothing is delivered", () => {
  const monitor = monitorOf([
    { arrived: 100, waiting: 100, delivered: 0 },
    { arrived: 200, waiting: 200, delivered: 0 },
  ]);
  strictEqual(monitor.undeliveredMs(5000), 4000);
});

Deno.test("undeliveredMs also counts while libsrt discards the packets that arrive", () => {
  const monitor = monitorOf([
    { arrived: 100, waiting: 10, delivered: 90 },
    { arrived: 200, waiting: 0, delivered: 90 },
    { arrived: 300, waiting: 0, delivered: 90 },
  ]);
  strictEqual(monitor.undeliveredMs(3000), 1000);
});

Deno.test("undeliveredMs is 0 while messages are delivered", () => {
  const monitor = monitorOf([
    { arrived: 100, waiting: 100, delivered: 0 },
    { arrived: 200, waiting: 100, delivered: 100 },
    { arrived: 300, waiting: 100, delivered: 200 },
  ]);
  strictEqual(monitor.undeliveredMs(3000), 0);
});

Deno.test("undeliveredMs is 0 once the caller pauses and nothing waits", () => {
  const monitor = monitorOf([
    { arrived: 100, waiting: 0, delivered: 0 },
    { arrived: 100, waiting: 0, delivered: 0 },
  ]);
  strictEqual(monitor.undeliveredMs(9000), 0);
});

Deno.test("undeliveredMs continues while the caller pauses and packets wait", () => {
  const monitor = monitorOf([
    { arrived: 100, waiting: 5, delivered: 0 },
    { arrived: 100, waiting: 5, delivered: 0 },
    { arrived: 100, waiting: 5, delivered: 0 },
  ]);
  strictEqual(monitor.undeliveredMs(9000), 8000);
});

Deno.test("idleMs is the time since the last packet arrived, not since the last was delivered", () => {
  const monitor = monitorOf([
    { arrived: 100, waiting: 100, delivered: 0 },
    { arrived: 100, waiting: 0, delivered: 100 },
  ]);
  strictEqual(monitor.idleMs(2000), 1000);
});
