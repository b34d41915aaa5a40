/** The commands in mod/manual/mp4-and-upload.md, run by the hook `segment`. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { runFfmpeg, sendTestPicture } from "../support/ffmpeg.ts";
import { needing, RCLONE } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";
const PAGE = fileURLToPath(new URL("../../mod/manual/mp4-and-upload.md", import.meta.url));

/** Returns the part of the page that the group of `pattern` matches. */
function partOf(pattern: RegExp): string {
  const [, part] = pattern.exec(Deno.readTextFileSync(PAGE)) ?? [];
  assert.ok(part !== undefined, `the page has no ${pattern}`);
  return part;
}

/** Column of the checksum in the output of ffmpeg; more columns may follow it. */
const HASH = 5;

/** Checksum of each packet of a file, without its container. */
async function packetsOf(file: string, into: string): Promise<string> {
  await runFfmpeg(["-i", file, "-c", "copy", "-f", "framehash", into]);
  const lines = Deno.readTextFileSync(into).split("\n").filter((line) => !line.startsWith("#"));
  return lines.map((line) => line.split(",")[HASH]?.trim()).join("\n");
}

Deno.test("the command of the manual makes, from each finished file, an MP4 file with the same pictures", async () => {
  using folder = new TemporaryFolder();
  using other = new TemporaryFolder();
  const options = [
    "--out",
    folder.path,
    "--segment",
    "1s",
    "--sessions",
    "1",
    "--on",
    partOf(/--on "(segment=ffmpeg [^"]*)"/),
  ];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  await sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, { file: other.file("sent.ts"), seconds: 4 });
  assert.strictEqual((await splitter.ended()).code, 0);
  const files = splitter.eventsNamed("session-end")[0]?.files ?? [];
  assert.ok(files.length >= 2, `${files.length} files`);
  for (const file of files) {
    const pictures = await packetsOf(`${file}.mp4`, other.file("mp4"));
    assert.notStrictEqual(pictures, "");
    assert.strictEqual(pictures, await packetsOf(file, other.file("ts")));
  }
  assert.deepStrictEqual(splitter.errors, []);
});

Deno.test("with the options of the manual for all video and audio, one of them may be missing", async () => {
  using folder = new TemporaryFolder();
  using other = new TemporaryFolder();
  const command = partOf(/--on "(segment=ffmpeg [^"]*)"/);
  const all = partOf(/For all video and\s+audio, add `([^`]*)`/);
  const options = ["--out", folder.path, "--sessions", "2", "--on", command.replace("-c copy", `${all} -c copy`)];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  for (const [stream, source] of [["video", "testsrc2=size=320x180:rate=25"], ["audio", "sine"]] as const) {
    const sent = other.file(`${stream}.ts`);
    await runFfmpeg(["-f", "lavfi", "-i", source, "-t", "2", "-c:v", "mpeg2video", "-c:a", "aac", sent]);
    await sendAndClose(splitter.port, stream, Deno.readFileSync(sent));
  }
  assert.strictEqual((await splitter.ended()).code, 0);
  for (const { file, stream } of splitter.eventsNamed("session-end")) {
    await packetsOf(`${file}.mp4`, other.file(`${stream}.hashes`));
  }
  assert.deepStrictEqual(splitter.errors, []);
});

/** An address on which no server listens. No other test uses its host, so its port stays free. */
function freeAddress(): string {
  using listener = Deno.listen({ hostname: "127.0.0.78", port: 0 });
  const { hostname, port } = listener.addr as Deno.NetAddr;
  return `${hostname}:${port}`;
}

/** rclone's WebDAV server for the folder, held by `await using`. */
function serve(folder: string, address: string): AsyncDisposable {
  const server = new Deno.Command("rclone", {
    args: ["serve", "webdav", folder, "--addr", address],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    [Symbol.asyncDispose]: async () => {
      server.kill("SIGKILL");
      await server.status;
    },
  };
}

Deno.test({
  ...needing([RCLONE], "the command of the manual uploads each finished file, although the server is away at first"),
  fn: async () => {
    using folder = new TemporaryFolder();
    using archive = new TemporaryFolder();
    using home = new TemporaryFolder();
    const address = freeAddress();
    const env = {
      HOME: home.path,
      RCLONE_CONFIG: home.file("rclone.conf"),
      RCLONE_CONFIG_ARCHIVE_TYPE: "webdav",
      RCLONE_CONFIG_ARCHIVE_URL: `http://${address}`,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
    };
    using config = new ConfigFolder(partOf(/```toml\n([^]*?)```/).replace("sleep 10", "sleep 1"));
    const options = ["--config", config.file, "--out", folder.path, "--verbose"];
    await using splitter = await Splitter.listen([LOCAL, ...options], { env });
    await sendAndClose(splitter.port, "cam1", makePayload(1000));
    const { file } = await splitter.event("session-end");
    await splitter.errorLine(/hook segment \(s1\): sh: .*connection refused/);
    await using _server = serve(archive.path, address);
    await splitter.errorLine(/hook segment \(s1\): sh succeeded/);
    const name = file?.split("/").at(-1) ?? "";
    assertSameBytes(Deno.readFileSync(archive.file(`recordings/cam1/${name}`)), Deno.readFileSync(file ?? ""));
    assert.strictEqual(await splitter.stop(), 0);
  },
});
