/**
 * Formats the TS health of a file as tables for people (`srt-splitter inspect FILE`).
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";
import type { TsHealth } from "../vocabulary/ts_health.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "./format.ts";

/** The name of each error; the first six are the first priority of ETSI TR 101 290. */
const ERRORS = [
  ["syncLosses", "sync lost"],
  ["syncErrors", "sync byte damaged"],
  ["patErrors", "PAT missing or wrong"],
  ["continuityErrors", "continuity counter"],
  ["pmtErrors", "PMT missing or wrong"],
  ["pidErrors", "video or audio missing"],
  ["transportErrors", "marked as damaged (TEI)"],
  ["crcErrors", "table checksum"],
] as const;

/** PIDs that ISO/IEC 13818-1 and ETSI EN 300 468 reserve for a table or for null packets. */
const FIXED_PIDS: Readonly<Record<number, string>> = {
  0x0000: "PAT",
  0x0001: "CAT",
  0x0010: "NIT",
  0x0011: "SDT",
  0x0012: "EIT",
  0x0014: "TDT",
  0x1fff: "null packets",
};

/** Formats `health` as lines, with an end of line after the last one. */
export function inspectionText(file: string, health: TsHealth): string {
  const lines = [`${escapeText(file)}: ${summary(health)}`];
  if (health.payload === "ts") {
    lines.push("", ...errorLines(health), "", ...tableLines(health), "", ...pidLines(health));
  }
  return `${lines.join("\n")}\n`;
}

function summary(health: TsHealth): string {
  const { payload, format, bytes, packets, clockMs, errors } = health;
  switch (payload) {
    case "ts": {
      const time = clockMs === null ? "no PCR" : `${formatDuration(clockMs)}, ${formatRate(bytes * 8000 / clockMs)}`;
      const verdict = errors === 0 ? "no first-priority errors" : formatCount(errors, "first-priority error");
      const lost = lostText(health);
      return `${format ?? "TS"}, ${formatBytes(bytes)}, ${formatCount(packets, "packet")}, ${time}, ${verdict}${lost}`;
    }
    case "other":
      return `no TS in ${formatBytes(bytes)}; format: ${format ?? "unknown"}`;
    case "unknown":
      return `no TS in ${formatBytes(bytes)}, which is too little to be sure${
        format === null ? "" : `; format: ${format}`
      }`;
    default:
      return payload satisfies never;
  }
}

function lostText({ syncLostSinceOffset, bytes }: TsHealth): string {
  if (syncLostSinceOffset === null) return "";
  return `, no TS from byte ${syncLostSinceOffset} on (the last ${formatBytes(bytes - syncLostSinceOffset)})`;
}

function errorLines(health: TsHealth): readonly string[] {
  return columns([
    ["errors", "count", "first at byte", "PID"],
    ...ERRORS.map(([kind, name]) => {
      const place = health.first[kind];
      const pid = place?.pid ?? null;
      return [name, `${health[kind]}`, place === null ? "" : `${place.offset}`, pid === null ? "" : pidText(pid)];
    }),
  ]);
}

function tableLines({ pat, services }: TsHealth): readonly string[] {
  return columns([
    ["tables", "count", "mean interval", "longest"],
    ["PAT", ...intervalCells(pat)],
    ...services.map((service) => [`PMT of ${programText(service)}`, ...intervalCells(service.pmt)]),
  ]);
}

/** Formats `program 1 "News" of Provider`. */
function programText({ number, name, provider }: TsHealth["services"][number]): string {
  const named = name === null ? "" : ` ${JSON.stringify(name)}`;
  return escapeText(`program ${number}${named}${provider === null ? "" : ` of ${provider}`}`);
}

function intervalCells(table: TsHealth["pat"]): readonly string[] {
  if (table === null) return ["0", "", ""];
  const { count, meanIntervalMs, maxIntervalMs } = table;
  return [`${count}`, milliseconds(meanIntervalMs), milliseconds(maxIntervalMs)];
}

function pidLines(health: TsHealth): readonly string[] {
  const uses = usesOfPids(health);
  const { pids, pidsTotal } = health;
  const rest = pidsTotal - pids.length;
  return [
    ...columns([
      ["PID", "packets", "continuity", "scrambled", "content"],
      ...pids.map(({ pid, packets, continuityErrors, scrambledPackets }) => [
        pidText(pid),
        `${packets}`,
        `${continuityErrors}`,
        `${scrambledPackets}`,
        (uses.get(pid) ?? []).join("; "),
      ]),
    ]),
    ...(rest > 0 ? [`and ${formatCount(rest, "more PID")} with fewer packets`] : []),
  ];
}

function usesOfPids({ services, pcrPids }: TsHealth): ReadonlyMap<number, readonly string[]> {
  const uses = new Map<number, string[]>();
  const add = (pid: number, use: string) => uses.set(pid, [...uses.get(pid) ?? [], use]);
  for (const [pid, use] of Object.entries(FIXED_PIDS)) add(Number(pid), use);
  for (const { number, pmtPid, streams } of services) {
    add(pmtPid, `PMT of program ${number}`);
    for (const { pid, text } of streams) add(pid, `${text} of program ${number}`);
  }
  for (const { pid, maxIntervalMs, discontinuities } of pcrPids) {
    add(
      pid,
      `PCR, longest interval ${milliseconds(maxIntervalMs)}` +
        (discontinuities > 0 ? `, ${formatCount(discontinuities, "jump")}` : ""),
    );
  }
  return uses;
}

function pidText(pid: number): string {
  return `0x${pid.toString(16).padStart(4, "0")}`;
}

function milliseconds(ms: number | null): string {
  return ms === null ? "unknown" : `${Math.round(ms)} ms`;
}

/** Aligns the cells of all rows, two spaces between columns. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
