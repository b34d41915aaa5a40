/** Tests of mod/retention/disk_monitor.ts. */
import { deepStrictEqual, match } from "node:assert/strict";
import { DiskMonitor, type DiskMonitorOptions } from "../../mod/retention/disk_monitor.ts";
import type { OnFull } from "../../mod/retention/plan.ts";
import type { DiskEvent, DiskLowEvent } from "../../mod/vocabulary/events.ts";

const GB = 1e9;

/**
 * Returns the events of a disk of 1000 GB, whose space is reported once at the end.
 *
 * @param samples Times in s, and the free bytes at each; null: the disk does not answer.
 */
async function eventsOf(
  samples: readonly (readonly [number, number | null])[],
  rules: { readonly minFreeBytes: number | null; readonly onFull: OnFull } | null = null,
  recordings: Partial<DiskMonitorOptions["recordings"]> = {},
): Promise<readonly (DiskEvent | DiskLowEvent)[]> {
  const events: (DiskEvent | DiskLowEvent)[] = [];
  let index = 0;
  const sample = () => samples[Math.min(index, samples.length - 1)] ?? [0, null];
  const monitor = new DiskMonitor({
    folder: "/srv",
    recordings: { isRecording: true, refusedBelowBytes: 0, maxGrowthBytes: () => null, ...recordings },
    report: (event) => events.push(event),
    readSpace: () => {
      const [, freeBytes] = sample();
      return Promise.resolve(freeBytes === null ? null : { freeBytes, totalBytes: 1000 * GB, freeFiles: null, id: 1n });
    },
    now: () => sample()[0] * 1000,
  });
  monitor.setRules(rules); // checks once
  for (index = 0; index < samples.length; index++) await monitor.check();
  monitor.reportSpace();
  monitor.close();
  return events;
}

/** A disk onto which 1 GB is written every 5 s, for a minute: 200 MB/s. */
function fall(freeBytes: number): readonly (readonly [number, number])[] {
  return Array.from({ length: 12 }, (_, step) => [step * 5, freeBytes - step * GB]);
}

for (
  const [what, samples, rules, expected] of [
    ["no warning with ample space", [[0, 500 * GB], [5, 500 * GB]], null, ["disk"]],
    ["a warning below 10 %, once", [[0, 101 * GB], [5, 99 * GB], [10, 98 * GB]], null, ["disk-low", "disk"]],
    ["a warning an hour before the disk is full", fall(700 * GB), null, ["disk-low", "disk"]],
    ["no warning of a disk that lasts longer", fall(800 * GB), null, ["disk"]],
    ["both limits", fall(105 * GB), null, ["disk-low", "disk-low", "disk"]],
    ["another warning after there was more space", [[0, 90 * GB], [5, 130 * GB], [10, 90 * GB]], null, [
      "disk-low",
      "disk-low",
      "disk",
    ]],
    ["no second warning if the space is about the same", [[0, 99 * GB], [5, 110 * GB], [10, 99 * GB]], null, [
      "disk-low",
      "disk",
    ]],
    ["no warning if old recordings are deleted", [[0, 50 * GB]], { minFreeBytes: GB, onFull: "oldest" }, ["disk"]],
    ["nothing about a disk that does not answer", [[0, null]], null, []],
  ] as const
) {
  Deno.test(`DiskMonitor reports ${what}`, async () => {
    deepStrictEqual((await eventsOf(samples, rules)).map(({ event }) => event), expected);
  });
}

Deno.test("DiskMonitor reports the rate, and the time until sessions end", async () => {
  const events = await eventsOf(fall(800 * GB), { minFreeBytes: 69 * GB, onFull: "stop" });
  const [{ freeBytes, bitsPerSecond, leftMs }] = events.slice(-1) as [DiskEvent];
  deepStrictEqual([freeBytes, bitsPerSecond, leftMs], [789 * GB, 1.6e9, 3_600_000]);
});

Deno.test("DiskMonitor names the folder, the share and the time in its warning", async () => {
  const [warning] = await eventsOf(fall(700 * GB)) as [DiskLowEvent];
  match(warning.text, /^DISK LOW: 696 GB are free in \/srv \(69 % of the disk\), 58 min 00 s left at 1\.6 Gbit\/s$/);
});

for (
  const [what, freeBytes, advice] of [
    ["more than the disk has", 1500 * GB, /^set --min-free to less than 1\.0 TB, the size of the disk$/],
    ["more than is free", 400 * GB, /^make room /],
  ] as const
) {
  Deno.test(`DiskMonitor warns once of --min-free with ${what}, without a time and a rate`, async () => {
    const [warning, { leftMs }, ...others] = await eventsOf(fall(300 * GB), {
      minFreeBytes: freeBytes,
      onFull: "stop",
    }) as [
      DiskLowEvent,
      DiskEvent,
    ];
    match(
      warning.text,
      /^DISK LOW: 300 GB .* \(30 % of the disk\), less than \S+ [GT]B \(--min-free\): no session begins$/,
    );
    match(warning.advice, advice);
    deepStrictEqual([leftMs, others], [0, []]);
  });
}

Deno.test("DiskMonitor warns again when no session begins any longer", async () => {
  const events = await eventsOf(fall(705 * GB), { minFreeBytes: 699 * GB, onFull: "stop" });
  const texts = events.flatMap((event) => event.event === "disk-low" ? [event.text] : []);
  deepStrictEqual(texts.map((text) => text.replace(/^.* disk\), /, "")), [
    "10 s left at 1.6 Gbit/s",
    "less than 699 GB (--min-free): no session begins",
  ]);
});

for (
  const [what, freeBytes, recordings, leftMs] of [
    ["no time if no session records", 700 * GB, { isRecording: false }, null],
    ["no time if old recordings are deleted in time", 700 * GB, { maxGrowthBytes: () => 600 * GB }, null],
    ["a time if old recordings are deleted too late", 700 * GB, { maxGrowthBytes: () => 700 * GB }, 3_445_000],
  ] as const
) {
  Deno.test(`DiskMonitor reports ${what}`, async () => {
    const events = await eventsOf(fall(freeBytes), { minFreeBytes: null, onFull: "stop" }, recordings);
    const { leftMs: found } = events.at(-1) as DiskEvent;
    deepStrictEqual(found === null ? null : Math.round(found / 5000) * 5000, leftMs);
    deepStrictEqual(events.map(({ event }) => event), leftMs === null ? ["disk"] : ["disk-low", "disk"]);
  });
}

for (const [refusedBelowBytes, leftMs] of [[0, null], [GB, 0]] as const) {
  Deno.test(`DiskMonitor reports the time ${leftMs} with --on-full oldest and refusals below ${refusedBelowBytes}`, async () => {
    const rules = { minFreeBytes: 400 * GB, onFull: "oldest" } as const;
    const events = await eventsOf(fall(390 * GB), rules, { refusedBelowBytes });
    deepStrictEqual(events.map((event) => "leftMs" in event && event.leftMs), [leftMs]);
  });
}
