/**
 * A long test of restarts: the listener is killed and started again, or replaced, while callers call all the time, and every
 * recording is compared with what was sent.
 *
 * Usage: `deno task soak:restarts [RESTARTS [kill|replace]]`.
 *
 * @module
 */

import { restartUnderLoad } from "../support/restarts.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { type Figure, printTable } from "./table.ts";

const RESTARTS = 50;

async function soak(restarts: number, how: "kill" | "replace"): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  const result = await restartUnderLoad(restarts, folder.path, { how });
  const none = (what: string, found: readonly (string | number)[]): Figure => ({
    what,
    measured: found.length === 0 ? "0" : `${found.length}: ${found.join(", ")}`,
    toReach: "0",
    holds: found.length === 0,
  });
  return [
    { what: "sessions of callers", measured: String(result.sessions) },
    {
      what: "adoptions",
      measured: String(result.adopted),
      toReach: `>= ${restarts}`,
      holds: result.adopted >= restarts,
    },
    { what: "calls without a connection, which were repeated", measured: String(result.failedCalls) },
    { what: "sessions whose end no listener reported", measured: String(result.unreported.length) },
    none("connections that broke", result.broken),
    none("recordings that differ", result.wrong),
    none("files of no session", result.unknownFiles),
    none("session IDs used twice", result.repeatedIds),
    none("processes left", result.processes),
    none("sockets left", result.sockets),
    none("warnings", result.warnings),
    none("exit codes other than 0", result.exitCodes),
  ];
}

if (import.meta.main) {
  const restarts = Number(Deno.args[0] ?? RESTARTS);
  const how = Deno.args[1] === "replace" ? "replace" : "kill";
  console.log(`${restarts} restarts under load (${how})`);
  Deno.exitCode = await printTable({ restarts: () => soak(restarts, how) }, []);
}
