/** The example for CI servers in mod/manual/scripts.md, run as a CI server runs it. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { readJunit } from "../support/junit.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = `${ROOT}tests/fixtures/ci`;

/** In seconds; a step takes much less. */
const DEADLINE = "60";

/** Runs a step's commands in bash, as a CI server does, with the Deno of this test as `deno`. */
async function runStep(
  commands: string,
  { folder, env = {} }: { readonly folder: TemporaryFolder; readonly env?: Readonly<Record<string, string>> },
): Promise<{ readonly code: number; readonly output: string }> {
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: [DEADLINE, "bash", "-e", "-o", "pipefail", "-c", commands],
    cwd: ROOT,
    env: { PATH: `${folder.file("bin")}:${Deno.env.get("PATH")}`, ...env },
    stdin: "null",
  }).output();
  return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

function folderWithDeno(): TemporaryFolder {
  const folder = new TemporaryFolder();
  Deno.mkdirSync(folder.file("bin"));
  Deno.symlinkSync(Deno.execPath(), folder.file("bin/deno"));
  return folder;
}

Deno.test("the example workflow records three callers, checks them and leaves a JUnit report", async () => {
  using folder = folderWithDeno();
  const workflow = parse(Deno.readTextFileSync(`${EXAMPLE}/workflow.yml`));
  const steps: readonly { readonly run?: string }[] = workflow.jobs.record.steps;
  const commands = steps.flatMap(({ run }) => run === undefined ? [] : [run]);
  assert.strictEqual(commands.length, 2);
  for (const command of commands) {
    // the only difference: results are written to the test's folder
    const { code, output } = await runStep(command.replace(/ results$/, ` ${folder.file("results")}`), { folder });
    assert.strictEqual(code, 0, output);
  }
  const { "@tests": tests, "@failures": failures, testsuite } = readJunit(folder.file("results/junit.xml"));
  assert.deepStrictEqual([tests, failures], ["12", "0"]);
  const names = testsuite.find((suite) => suite["@name"] === "sessions")?.testcase?.map((one) => one["@name"]);
  assert.deepStrictEqual(names?.map((name) => name.split(" ")[1]).sort(), ["cam1", "cam2", "encoder"]);
  const sent = Deno.readFileSync(folder.file("results/test.ts"));
  const files = Array.from(Deno.readDirSync(folder.file("results/recordings")), ({ name }) => name)
    .filter((name) => name.endsWith(".ts")).sort();
  for (const file of files.filter((name) => name.startsWith("cam"))) {
    assertSameBytes(Deno.readFileSync(folder.file(`results/recordings/${file}`)), sent);
  }
  assert.strictEqual(files.length, 3);
});

Deno.test("the example script fails with the listener's exit code, and the JUnit report has the reason", async () => {
  using folder = folderWithDeno();
  const { code, output } = await runStep(`${EXAMPLE}/record_and_check.sh ${folder.file("results")}`, {
    folder,
    env: { VIDEO_SECONDS: "0.4" },
  });
  assert.strictEqual(code, 5, output);
  const { "@failures": failures, testsuite } = readJunit(folder.file("results/junit.xml"));
  const failed = testsuite.flatMap(({ testcase = [] }) => testcase).filter(({ failure }) => failure !== undefined);
  const names = failed.map((one) => one["@name"]);
  assert.ok(names.includes("bytes>=100kB"), names.join(", "));
  // not a fixed number: on a busy machine the sessions may last 2 s, and then duration>=2s holds
  assert.strictEqual(failures, String(names.length));
});
