import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { decodeKeyFrame } from "../../mod/web/key_frame.ts";
import { liveStart } from "../../mod/web/live_start.ts";
import { runFfmpeg } from "../support/ffmpeg.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

const libc = openLibc();

/** Returns width and height of a picture. */
async function sizeOf(picture: Uint8Array<ArrayBuffer> | null): Promise<string> {
  if (picture === null) throw new Error("there is no picture");
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a.jpg"), picture);
  const { stdout } = await new Deno.Command("ffprobe", {
    args: ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", folder.file("a.jpg")],
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

for (
  const [codec, ...options] of [
    ["mpeg2video", "-b:v", "2M"],
    ["libx264", "-preset", "ultrafast", "-bf", "2"],
    ["libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"],
  ] as const
) {
  Deno.test(`decodeKeyFrame decodes the last key frame of a file with sound and video of ${codec}`, async () => {
    using folder = new TemporaryFolder();
    const path = folder.file("a.ts");
    const source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "lavfi", "-i", "sine", "-t", "4"];
    await runFfmpeg([...source, "-c:v", codec, ...options, "-g", "25", "-c:a", "aac", "-f", "mpegts", path]);
    const file = await Deno.open(path);
    await file.seek(await liveStart(file), Deno.SeekMode.Start);
    strictEqual(await sizeOf(await decodeKeyFrame(libc, file.readable)), "mjpeg,640,360");
  });
}

Deno.test("decodeKeyFrame applies the pixel aspect ratio, and makes a large picture smaller", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.ts");
  const source = ["-f", "lavfi", "-i", "testsrc2=size=1440x1080:rate=25,setsar=4/3", "-t", "0.5"];
  await runFfmpeg([...source, "-c:v", "mpeg2video", "-b:v", "4M", "-f", "mpegts", path]);
  strictEqual(await sizeOf(await decodeKeyFrame(libc, (await Deno.open(path)).readable)), "mjpeg,1280,720");
});

Deno.test("decodeKeyFrame returns null for a stream that never ends and has no picture, and leaves no process", async () => {
  let isCancelled = false;
  const payload = makePayload(100);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(payload),
    cancel: () => {
      isCancelled = true;
    },
  });
  const before = childrenOf(Deno.pid);
  strictEqual(await decodeKeyFrame(libc, stream), null);
  deepStrictEqual([isCancelled, childrenOf(Deno.pid)], [true, before]);
});

for (
  const [what, bytes] of [
    ["noise", new Uint8Array(400_000).map((_, at) => (at * 7919) % 251)],
    ["a playlist that names a file", new TextEncoder().encode("ffconcat version 1.0\nfile /etc/passwd\n".repeat(100))],
    ["nothing", new Uint8Array()],
  ] as const
) {
  Deno.test(`decodeKeyFrame returns null for ${what}`, async () => {
    strictEqual(await decodeKeyFrame(libc, new Blob([bytes]).stream()), null);
  });
}

Deno.test("decodeKeyFrame decodes what it has if the stream fails", async () => {
  using folder = new TemporaryFolder();
  const parts = [await makeTestStream(folder.file("a.ts"), 1)];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      const part = parts.shift();
      if (part === undefined) controller.error(new Error("the file was removed"));
      else controller.enqueue(part);
    },
  });
  ok(await decodeKeyFrame(libc, stream));
});
