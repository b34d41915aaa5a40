/**
 * What the viewers of a live stream cost its session.
 *
 * @module
 */

import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";
import { repeatedStream, watchSession } from "../support/watched_session.ts";
import { median } from "./measure.ts";
import { ofPrograms } from "./receivers.ts";
import type { Figure } from "./table.ts";

const VIEWERS = 20;
const RUNS = 3;
const MAX_RATIO = 1.1;
/** 20 s at 10 Mbit/s, of which the second half is measured. */
const BYTES = 25_000_000;

/** Processor time of a session with 20 viewers, compared with that of one without viewers at the same time. */
export async function measureViewers(): Promise<readonly Figure[]> {
  using sent = new TemporaryFolder();
  const stream = repeatedStream(await makeTestStream(sent.file("sent.ts"), 20), BYTES);
  return await ofPrograms(async (executable, program) => {
    const figures: Figure[] = [];
    for (const isRecorded of [true, false]) {
      const runs = [];
      for (let run = 0; run < RUNS; run += 1) {
        using folder = new TemporaryFolder();
        runs.push(await watchSession(stream, { out: isRecorded ? folder.path : null, viewers: VIEWERS, executable }));
      }
      const ratio = median(runs.map((run) => run.ratio));
      const watchedMs = median(runs.map((run) => run.watchedMs));
      figures.push({
        what: `session at 10 Mbit/s with ${VIEWERS} viewers, ${
          isRecorded ? "recorded" : "not recorded"
        }, ${program}: processor time`,
        measured: `${ratio.toFixed(2)} x (${watchedMs.toFixed(0)} ms in 10 s)`,
        peer: "without viewers: 1 x",
        toReach: `<= ${MAX_RATIO} x`,
        holds: ratio <= MAX_RATIO,
      });
    }
    return figures;
  });
}
