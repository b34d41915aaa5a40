import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { liveStart } from "../../mod/web/live_start.ts";
import { firstVideoFrame, runFfmpeg } from "../support/ffmpeg.ts";
import { makePayload } from "../support/payload.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Returns the place in a file. */
async function startIn(path: string): Promise<number> {
  using file = await Deno.open(path);
  return await liveStart(file);
}

for (
  const [kind, args] of [
    ["a key frame every second", ["-g", "25"]],
    ["one key frame every 8 s, further from the end than the first search", ["-g", "200", "-b:v", "8M"]],
  ] as const
) {
  Deno.test(`liveStart returns a PAT from which the rest plays, in a stream with ${kind}`, async () => {
    using folder = new TemporaryFolder();
    const whole = folder.file("whole.ts");
    const source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25,noise=alls=60", "-t", "7"];
    await runFfmpeg([...source, "-c:v", "mpeg2video", ...args, "-f", "mpegts", whole]);
    const bytes = Deno.readFileSync(whole);
    const start = await startIn(whole);
    deepStrictEqual([...bytes.subarray(start, start + 3)], [0x47, 0x40, 0x00]);
    Deno.writeFileSync(folder.file("rest.ts"), bytes.subarray(start));
    deepStrictEqual(await firstVideoFrame(folder.file("rest.ts")), { isKey: true, errors: "" });
    const searched = bytes.length - start;
    strictEqual(args[1] === "25" ? searched < bytes.length * 0.3 : searched > 1_048_576, true, `${searched} bytes`);
  });
}

Deno.test("liveStart returns 0 for a file that has no complete tables yet", async () => {
  using folder = new TemporaryFolder();
  for (const length of [0, 1, 188, 1316]) {
    Deno.writeFileSync(folder.file("a.ts"), makePayload(1).subarray(0, length));
    strictEqual(await startIn(folder.file("a.ts")), 0);
  }
});

Deno.test("liveStart returns a place within payload of another form", async () => {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a.bin"), new Uint8Array(3_000_000).map((_, at) => at % 251));
  const start = await startIn(folder.file("a.bin"));
  strictEqual(start > 1_900_000 && start <= 3_000_000, true);
});
