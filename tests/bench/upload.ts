/**
 * A long test of the upload that mod/manual/mp4-and-upload.md describes: rclone, started by the hook `segment`, uploads each
 * finished file to versitygw, a server with the API of S3. The server is stopped for a while. After its restart, no file may be
 * missing.
 *
 * The server is a Go module. It is built once, with `go`, into dist/; the first run takes some minutes longer for this. Without
 * `go`, or if the module cannot be had, the test reports that it is skipped.
 *
 * Usage: `deno task soak:upload [SECONDS]`; SECONDS: how long the server is stopped.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { freePort } from "../../mod/os/free_port.ts";
import { RCLONE } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { ConfigFolder } from "../system/config_folder.ts";
import { type Figure, printTable } from "./table.ts";

const SECONDS = 60;
const MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.0.14";
const TOOLS = fileURLToPath(new URL("../../dist/tools", import.meta.url));
const PAGE = fileURLToPath(new URL("../../mod/manual/mp4-and-upload.md", import.meta.url));

const KEYS = { access: "splitter", secret: "only for this test" } as const;
/** Sessions before the server stops, while it is stopped, and after its restart. */
const SESSIONS = { before: 2, during: 3, after: 1 } as const;
/** How long the last uploads may take after the restart of the server: the command of the manual tries again every 10 s. */
const UPLOAD_MS = 90_000;
const CHECK_MS = 200;

async function soak(seconds: number): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  using archive = new TemporaryFolder();
  using home = new TemporaryFolder();
  const port = freePort("127.0.0.1");
  Deno.mkdirSync(archive.file("recordings")); // a bucket
  const env = {
    HOME: home.path,
    RCLONE_CONFIG: home.file("rclone.conf"),
    RCLONE_CONFIG_ARCHIVE_TYPE: "s3",
    RCLONE_CONFIG_ARCHIVE_PROVIDER: "Other",
    RCLONE_CONFIG_ARCHIVE_ENDPOINT: `http://127.0.0.1:${port}`,
    RCLONE_CONFIG_ARCHIVE_ACCESS_KEY_ID: KEYS.access,
    RCLONE_CONFIG_ARCHIVE_SECRET_ACCESS_KEY: KEYS.secret,
    RCLONE_CONFIG_ARCHIVE_NO_CHECK_BUCKET: "true",
    AWS_CA_BUNDLE: "", // rclone 1.60 fails if a machine sets it
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
  };
  using config = new ConfigFolder(/```toml\n([^]*?)```/.exec(Deno.readTextFileSync(PAGE))?.[1] ?? "");
  const options = ["--config", config.file, "--out", folder.path, "--verbose"];
  await using splitter = await Splitter.listen(["127.0.0.1:0", ...options], { env });
  let sessions = 0;
  const record = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      sessions += 1;
      await sendAndClose(splitter.port, `cam${sessions}`, makePayload(1000, sessions));
      await splitter.event("session-end", ({ session }) => session === `s${sessions}`);
    }
  };
  const uploaded = () => splitter.errors.filter((line) => /hook segment \(s\d+\): sh succeeded/.test(line)).length;
  {
    await using _server = await serve(archive.path, port);
    await record(SESSIONS.before);
    await until(() => uploaded() === SESSIONS.before);
  }
  const before = uploaded();
  await record(SESSIONS.during);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const during = uploaded() - before;
  await using _server = await serve(archive.path, port);
  await record(SESSIONS.after);
  await until(() => uploaded() === sessions);
  const after = uploaded() - before - during;
  const exitCode = await splitter.stop();
  const files = splitter.eventsNamed("session-end").map(({ file, stream }) => ({ file: file ?? "", stream }));
  const exact = files.filter(({ file, stream }) =>
    isSame(file, archive.file(`recordings/${stream}/${file.split("/").at(-1)}`))
  );
  const figure = (what: string, measured: number, toReach: number) => {
    return { what, measured: String(measured), toReach: String(toReach), holds: measured === toReach };
  };
  return [
    figure("files uploaded before the server stopped", before, SESSIONS.before),
    figure(`files uploaded while it was stopped for ${seconds} s`, during, 0),
    figure("files uploaded after its restart", after, SESSIONS.during + SESSIONS.after),
    figure("files on the server that are byte for byte the recording", exact.length, sessions),
    figure("exit code", exitCode, 0),
  ];
}

/** Starts the server, held by `await using`, and waits until it answers. Each folder in `folder` is a bucket. */
async function serve(folder: string, port: number): Promise<AsyncDisposable> {
  const server = new Deno.Command(`${TOOLS}/versitygw`, {
    args: ["--port", `127.0.0.1:${port}`, "--access", KEYS.access, "--secret", KEYS.secret, "--quiet", "posix", folder],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = {
    [Symbol.asyncDispose]: async () => {
      server.kill("SIGKILL");
      await server.status;
    },
  };
  try {
    await until(() => answers(port));
  } catch (error) {
    await stop[Symbol.asyncDispose]();
    throw error;
  }
  return stop;
}

async function answers(port: number): Promise<boolean> {
  try {
    await (await fetch(`http://127.0.0.1:${port}`)).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + UPLOAD_MS;
  while (!await holds()) {
    if (performance.now() > endMs) return; // the figures show it
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
}

function isSame(file: string, copy: string): boolean {
  try {
    const [one, other] = [Deno.readFileSync(file), Deno.readFileSync(copy)];
    return one.length === other.length && one.every((byte, index) => byte === other[index]);
  } catch {
    return false;
  }
}

/** Builds the server unless it is there. Returns why the test cannot run, or null. */
async function prepare(): Promise<string | null> {
  const missing = RCLONE();
  if (missing !== null) return missing;
  if (await isThere(`${TOOLS}/versitygw`)) return null;
  try {
    const { success, stderr } = await new Deno.Command("go", {
      args: ["install", MODULE],
      env: { GOBIN: TOOLS, GOTOOLCHAIN: "local" },
    }).output();
    return success ? null : `${MODULE} cannot be built: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "there is no program go";
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) {
  const [seconds = SECONDS] = Deno.args.map(Number);
  const reason = await prepare();
  if (reason !== null) console.log(`skipped: ${reason}`);
  else Deno.exitCode = await printTable({ upload: () => soak(seconds) }, []);
}
