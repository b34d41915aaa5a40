/**
 * Decides which tests run together in one process.
 *
 * @module
 */

import { sourceFiles } from "./files.ts";

/** Kinds of tests: of the whole program, run from source or as the executable, and of single modules. */
export const TEST_KINDS = ["system", "executable", "unit"] as const;

/** One of {@linkcode TEST_KINDS}. */
export type TestKind = typeof TEST_KINDS[number];

/** Test files that one process runs one after another. */
export interface TestBatch {
  /** Title in the output, such as `tests/os`. */
  readonly name: string;
  /** Paths from the root of the project, sorted; at least one. */
  readonly files: readonly string[];
  /** Whether the tests start the executable instead of the source. */
  readonly usesExecutable: boolean;
  /** Whether no other tests may run at the same time. */
  readonly alone: boolean;
}

/** Folder of the tests that start the whole program. Each file gets its own process. */
const SYSTEM = "tests/system";

/**
 * System tests of floods and of many callers, which use all processors and fill receive buffers of the whole machine. Also tests
 * of time limits that only an idle machine can meet.
 */
export const ALONE: readonly string[] = systemTests([
  "admission_proof",
  "backlog",
  "burst",
  "hostile_packets",
  "page_pictures",
  "root_encoder",
  "storm",
]);

/** System tests of handshakes, payload, hung processes, long waits and the page in a browser, which do not depend on the packaging. */
export const SOURCE_ONLY: readonly string[] = systemTests([
  "addresses",
  "admission_limits",
  "admission_proof",
  "admission_rules",
  "attempts",
  "dialects",
  "hostile_packets",
  "hung_child",
  "lost_answers",
  "moved_caller",
  "other_callers",
  "outage",
  "packet_filter",
  "page",
  "page_pictures",
  "payload_formats",
  "relay",
  "root_encoder",
  "shared_port",
  "srt_options",
  "stalled_handshakes",
  "starved_machine",
  "stop_conditions",
  "storm",
  "stream_health",
  "take_over",
  "webhook_away",
  "wrong_passphrase",
]);

/**
 * Lists the batches of a kind.
 *
 * @param root Root of the project, absolute, without a slash at the end
 */
export function batchesOf(root: string, kind: TestKind): readonly TestBatch[] {
  const files = sourceFiles(root, ["tests"]).filter((file) => file.endsWith("_test.ts"));
  if (kind === "unit") return unitBatches(files.filter((file) => !isSystemTest(file)));
  const system = files.filter(isSystemTest);
  return kind === "system"
    ? system.map((file) => systemBatch(file, { name: file, usesExecutable: false }))
    : system.filter((file) => !SOURCE_ONLY.includes(file))
      .map((file) => systemBatch(file, { name: `${file} with the executable`, usesExecutable: true }));
}

function systemTests(names: readonly string[]): readonly string[] {
  return names.map((name) => `${SYSTEM}/${name}_test.ts`);
}

function isSystemTest(file: string): boolean {
  return folderOf(file) === SYSTEM;
}

function systemBatch(file: string, of: Pick<TestBatch, "name" | "usesExecutable">): TestBatch {
  return { ...of, files: [file], alone: ALONE.includes(file) };
}

/** One batch for each folder. */
function unitBatches(files: readonly string[]): readonly TestBatch[] {
  const folders = new Set(files.map(folderOf));
  return Array.from(folders, (name) => ({
    name,
    files: files.filter((file) => folderOf(file) === name),
    usesExecutable: false,
    alone: false,
  }));
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}
