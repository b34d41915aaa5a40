/**
 * The table of a benchmark: what was measured, beside what must be reached.
 *
 * @module
 */

import { messageOf } from "../../mod/report/problem.ts";

/** One row of the table. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** What another program needs for the same. */
  readonly peer?: string;
  /** What a small Deno program needs, which does nothing or as little as possible: less is not possible. */
  readonly empty?: string;
  readonly toReach?: string;
  /** Absent if there is nothing to reach. */
  readonly holds?: boolean;
}

/** A measurement with one row or more. */
export type Measurement = () => Promise<readonly Figure[]>;

/**
 * Runs the measurements, and prints the rows of each when it ends. One that fails is a row with its reason.
 *
 * @param chosen Names of the measurements to run; empty: all
 * @returns The exit code: 1 if a measurement failed, or a figure does not hold
 */
export async function printTable(
  measurements: Readonly<Record<string, Measurement>>,
  chosen: readonly string[],
): Promise<number> {
  const unknown = chosen.find((name) => !Object.hasOwn(measurements, name));
  if (unknown !== undefined) {
    console.error(`error: there is no part ${JSON.stringify(unknown)}\nhint: ${Object.keys(measurements).join(", ")}`);
    return 2;
  }
  let all = true;
  printRow(["", "measured", "other program", "small Deno program", "to reach", "holds"]);
  printRow(Array(6).fill("---"));
  for (const [name, measure] of Object.entries(measurements)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    for (const { what, measured, peer = "", empty = "", toReach = "", holds } of await figuresOf(name, measure)) {
      all &&= holds !== false;
      printRow([what, measured, peer, empty, toReach, holds === undefined ? "" : holds ? "yes" : "NO"]);
    }
  }
  return all ? 0 : 1;
}

async function figuresOf(name: string, measure: Measurement): Promise<readonly Figure[]> {
  try {
    return await measure();
  } catch (error) {
    return [{ what: name, measured: `failed: ${messageOf(error).split("\n")[0]}`, holds: false }];
  }
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}
