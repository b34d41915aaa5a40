/**
 * A long test of outages: many callers with libsrt's default timeout lose their connections at the same moment, and call again
 * together until they are connected.
 *
 * Usage: `deno task soak:outage [CALLERS]`.
 *
 * @module
 */

import { type Outage, type OutageCaller, OUTAGES, type OutageSession, recordOutage } from "../support/outage.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { CONNECT_TIMEOUT_MS, describe } from "./callers.ts";
import { ofPrograms } from "./receivers.ts";
import { isSame } from "./sessions.ts";
import { type Figure, printTable } from "./table.ts";

const CALLERS = 40;
const MAX_TRIES = 10;

async function measureOutage(
  outage: Outage,
  { what, count }: { readonly what: string; readonly count: number },
): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    using folder = new TemporaryFolder();
    const calls = { callers: count, connectTimeoutMs: CONNECT_TIMEOUT_MS, maxTries: MAX_TRIES };
    const callers = await recordOutage(outage, { out: folder.path, executable, ...calls });
    const exact = callers.filter(({ sessions }) => sessions.length === 2 && sessions.every(isExact)).length;
    const isExpected = ({ sessions }: OutageCaller) => outage.reasons.some((one) => one === sessions[0]?.end.reason);
    return [
      {
        what: `${count} callers ${what}, ${program}: exact before and after the outage`,
        measured: `${exact}`,
        toReach: "all",
        holds: exact === count && callers.every(isExpected),
      },
      ...["the same", "another"].map((port) => {
        const some = callers.filter(({ isSamePort }) => isSamePort === (port === "the same"));
        const returned = some.flatMap(({ sessions }) => sessions[1] ?? []);
        const first = returned.filter(({ tries }) => tries === 1).length;
        return {
          what: `... time until they are connected again from ${port} port`,
          measured: `${describe(returned.map(({ connectMs }) => connectMs))}, ${first} at the first try`,
        };
      }),
    ];
  });
}

function isExact({ sent, end }: OutageSession): boolean {
  return isSame(Deno.readFileSync(end.file ?? ""), sent);
}

if (import.meta.main) {
  const [count = CALLERS] = Deno.args.map(Number);
  const parts = {
    ended: () => measureOutage(OUTAGES.ended, { what: "without a network for 10 s", count }),
    closed: () => measureOutage(OUTAGES.closed, { what: "that close and call again at once", count }),
    running: () => measureOutage(OUTAGES.running, { what: "that return while their sessions still run", count }),
  };
  Deno.exitCode = await printTable(parts, []);
}
