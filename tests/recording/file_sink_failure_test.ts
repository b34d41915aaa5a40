/** Tests of mod/recording/file_sink.ts where the folder or the disk fails. */
import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { FileSink } from "../../mod/recording/file_sink.ts";
import { SinkError } from "../../mod/recording/sink.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const TIME = { startMs: Date.UTC(2026, 0, 2, 3, 4, 5), utc: true };
const NAME = { name: "cam", time: TIME };

function bytesFrom(start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => start + index);
}

/** A sink whose file does what the test wants in some of its calls. */
function openWith(folder: string, calls: Partial<Deno.FsFile>): FileSink {
  const openSync = Deno.openSync;
  Deno.openSync = (...args) => Object.assign(openSync(...args), calls);
  try {
    return FileSink.open(folder, NAME);
  } finally {
    Deno.openSync = openSync;
  }
}

Deno.test("FileSink.open throws SinkError where there is no such folder", () => {
  throws(() => FileSink.open("/nowhere/at/all", NAME), (error) => {
    if (!(error instanceof SinkError)) return false;
    match(error.message, /^Cannot make \/nowhere\/at\/all\/cam_.+\.ts: /);
    return error.reason === "write-failed" && error.cause instanceof Deno.errors.NotFound;
  });
});

Deno.test("FileSink.open throws SinkError where the folder is a file", () => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(`${folder.path}/file`, "");
  throws(() => FileSink.open(`${folder.path}/file`, NAME), SinkError);
});

for (
  const [words, reason] of [
    ["No space left on device (os error 28)", "disk-full"],
    ["Disk quota exceeded (os error 122)", "disk-full"],
    ["Input/output error (os error 5)", "write-failed"],
    ["File too large (os error 27)", "write-failed"],
  ] as const
) {
  Deno.test(`FileSink.write throws SinkError ${reason} for "${words}", and counts what went in before`, async () => {
    using folder = temporaryFolder();
    let left = 2;
    const sink = openWith(folder.path, {
      writeSync: () => {
        left -= 1;
        if (left < 0) throw new Error(words);
        return 1;
      },
    });
    throws(() => sink.write(bytesFrom(0, 5)), (error) => error instanceof SinkError && error.reason === reason);
    strictEqual(sink.bytes, 2);
    await sink.close();
  });
}

Deno.test("FileSink.write names no file where not a byte went in, for the empty one will be removed", async () => {
  using folder = temporaryFolder();
  const sink = openWith(folder.path, {
    writeSync: () => {
      throw new Error("No space left on device (os error 28)");
    },
  });
  throws(() => sink.write(bytesFrom(0, 5)), { message: /^Cannot write anything of the recording: No space left/ });
  await sink.close();
  deepStrictEqual([sink.file, folder.names()], [null, []]);
});

Deno.test("FileSink raises no false alarm where a disk gives path and handle different numbers", async () => {
  using folder = temporaryFolder();
  const sink = openWith(folder.path, { statSync: () => ({ ...Deno.statSync(folder.path), ino: 1 }) });
  sink.write(bytesFrom(0, 3));
  strictEqual(sink.gone(), null);
  await sink.close();
  deepStrictEqual([sink.gone(), sink.bytes], [null, 3]);
});

/** Runs as a program of its own in a mount namespace, on a disk of 64 KiB. */
const FULL_DISK_PROGRAM = `
  import { FileSink } from ${JSON.stringify(new URL("../../mod/recording/file_sink.ts", import.meta.url).href)};
  const sink = FileSink.open(Deno.args[0], ${JSON.stringify(NAME)});
  const payload = new Uint8Array(48 * 1024);
  for (let index = 0; index < payload.length; index += 1) payload[index] = index % 251;
  sink.write(payload);
  let failure = null;
  try {
    sink.write(payload);
  } catch (error) {
    failure = { name: error.name, reason: error.reason, message: error.message };
  }
  await sink.close();
  const kept = Deno.readFileSync(sink.file);
  const intact = kept.every((byte, index) => byte === (index % payload.length) % 251);
  console.log(JSON.stringify({ failure, bytes: sink.bytes, size: kept.length, intact }));
`;

Deno.test({
  name: "FileSink keeps what fitted on a disk that became full in the middle of a write",
  ignore: Deno.uid() !== 0, // a disk of one's own takes root
  fn: async () => {
    using folder = temporaryFolder();
    Deno.mkdirSync(`${folder.path}/disk`);
    Deno.writeTextFileSync(`${folder.path}/program.ts`, FULL_DISK_PROGRAM);
    const script =
      'mount -t tmpfs -o size=64k full "$1/disk" && exec "$2" run --quiet --no-lock --allow-read --allow-write "$1/program.ts" "$1/disk"';
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-m", "sh", "-c", script, "sh", folder.path, Deno.execPath()],
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout);
    ok(said !== "", new TextDecoder().decode(stderr));
    const { failure, bytes, size, intact } = JSON.parse(said);
    deepStrictEqual([failure.name, failure.reason, bytes, size, intact], [
      "SinkError",
      "disk-full",
      64 * 1024,
      64 * 1024,
      true,
    ]);
    match(failure.message, /^Cannot write to .+\.ts: /);
  },
});

Deno.test("FileSink.close waits until the disk has everything", async () => {
  using folder = temporaryFolder();
  const steps: string[] = [];
  const sink = openWith(folder.path, {
    syncData: async () => {
      await Promise.resolve();
      steps.push("synced");
    },
  });
  sink.write(bytesFrom(0, 3));
  await sink.close();
  deepStrictEqual([...steps, "closed"], ["synced", "closed"]);
});

Deno.test("FileSink.close throws SinkError where the disk lost what was written", async () => {
  using folder = temporaryFolder();
  const sink = openWith(folder.path, {
    syncData: () => Promise.reject(new Error("Input/output error (os error 5)")),
  });
  sink.write(bytesFrom(0, 3));
  await rejects(sink.close(), (error) => {
    if (!(error instanceof SinkError)) return false;
    match(error.message, /^Cannot write .+\.ts to the disk: Input\/output error/);
    return error.reason === "write-failed";
  });
});

Deno.test("FileSink brings payload to the disk while the session runs, and tells the next write where it could not", async () => {
  using folder = temporaryFolder();
  const failed = Promise.withResolvers<void>();
  const sink = openWith(folder.path, {
    syncData: () => {
      failed.resolve();
      return Promise.reject(new Error("No space left on device (os error 28)"));
    },
  });
  sink.write(bytesFrom(0, 3));
  await failed.promise; // within half a second, by itself
  await new Promise((resolve) => setTimeout(resolve, 0));
  throws(() => sink.write(bytesFrom(0, 3)), (error) => error instanceof SinkError && error.reason === "disk-full");
  await rejects(sink.close(), SinkError);
});
