import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MAX_DOWNLOADS, RecordingFiles } from "../../mod/web/recording_files.ts";
import { placeRecording } from "../support/recordings.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** A folder of recordings in a folder with other files. */
class Scene implements Disposable {
  readonly #folder = new TemporaryFolder();
  readonly path = `${Deno.realPathSync(this.#folder.path)}/rec`;
  readonly files: RecordingFiles;

  constructor() {
    Deno.mkdirSync(`${this.path}/sub`, { recursive: true });
    this.files = new RecordingFiles(this.path, () => performance.now());
  }

  serve(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.files.serve(path, new Headers(headers));
  }

  async statusOf(path: string): Promise<number> {
    const response = await this.serve(path);
    await response.body?.cancel();
    return response.status;
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

Deno.test("RecordingFiles lists the recordings with their sidecars, the newest first", async () => {
  using scene = new Scene();
  placeRecording(`${scene.path}/old.ts`, { ageMs: 9_000_000 });
  placeRecording(`${scene.path}/sub/a b#ü.ts`, { bytes: 7, ageMs: 1000 });
  Deno.writeTextFileSync(`${scene.path}/other.txt`, "x");
  const { recordings, total } = await scene.files.list();
  deepStrictEqual(recordings.map(({ path, bytes, state, url }) => ({ path, bytes, state, url })), [
    { path: "sub/a b#ü.ts", bytes: 7, state: "final", url: "/api/recordings/sub/a%20b%23%C3%BC.ts" },
    { path: "old.ts", bytes: 4, state: "final", url: "/api/recordings/old.ts" },
  ]);
  strictEqual(total, 2);
});

Deno.test("RecordingFiles serves a recording, its ranges and its sidecar", async () => {
  using scene = new Scene();
  const path = placeRecording(`${scene.path}/sub/a b.ts`);
  Deno.writeTextFileSync(path, "0123456789");
  const whole = await scene.serve("sub/a%20b.ts");
  deepStrictEqual([whole.status, whole.headers.get("content-type"), await whole.text()], [
    200,
    "video/mp2t",
    "0123456789",
  ]);
  const etag = whole.headers.get("etag") ?? "";
  const part = await scene.serve("sub/a%20b.ts", { range: "bytes=2-4", "if-range": etag });
  deepStrictEqual([part.status, part.headers.get("content-range"), await part.text()], [206, "bytes 2-4/10", "234"]);
  const changed = await scene.serve("sub/a%20b.ts", { range: "bytes=2-4", "if-range": '"other"' });
  deepStrictEqual([changed.status, await changed.text()], [200, "0123456789"]);
  const beyond = await scene.serve("sub/a%20b.ts", { range: "bytes=10-" });
  deepStrictEqual([beyond.status, beyond.headers.get("content-range")], [416, "bytes */10"]);
  const sidecar = await scene.serve("sub/a%20b.ts.json");
  deepStrictEqual([sidecar.status, (await sidecar.json()).file], [200, "a b.ts"]);
});

Deno.test("RecordingFiles serves an empty recording", async () => {
  using scene = new Scene();
  placeRecording(`${scene.path}/a.ts`, { bytes: 0 });
  const response = await scene.serve("a.ts");
  deepStrictEqual([response.status, await response.text()], [200, ""]);
});

Deno.test("RecordingFiles serves nothing outside of its folder, and nothing but recordings and their sidecars", async () => {
  using scene = new Scene();
  placeRecording(`${scene.path}/../secret.ts`);
  placeRecording(`${scene.path}/a.ts`);
  Deno.symlinkSync("..", `${scene.path}/up`);
  Deno.symlinkSync("../secret.ts", `${scene.path}/link.ts`);
  Deno.writeTextFileSync(`${scene.path}/link.ts.json`, "{}");
  Deno.writeTextFileSync(`${scene.path}/other.txt`, "x");
  Deno.writeTextFileSync(`${scene.path}/other.json`, "x");
  const paths = [
    ...[
      "../secret.ts",
      encodeURIComponent("../secret.ts"),
      "%2e%2e/secret.ts",
      "sub/../../secret.ts",
      "up/secret.ts",
      "link.ts",
    ],
    ...[
      "other.txt",
      "other.json",
      "sub",
      "",
      "/",
      ".",
      "a.ts/",
      "./a.ts",
      "a.ts%00",
      "%zz",
      "%ff.ts",
      "a".repeat(5000),
    ],
    ...["/etc/passwd", encodeURIComponent("/etc/passwd"), "none.ts", "none.ts.json", ".json"],
  ];
  deepStrictEqual(await Promise.all(paths.map((path) => scene.statusOf(path))), paths.map(() => 404));
});

Deno.test("RecordingFiles refuses downloads beyond its limit when they are requested together", async () => {
  using scene = new Scene();
  placeRecording(`${scene.path}/a.ts`, { bytes: 1_000_000 });
  const responses = await Promise.all(Array.from({ length: MAX_DOWNLOADS + 3 }, () => scene.serve("a.ts")));
  deepStrictEqual(responses.filter(({ status }) => status === 503).length, 3);
  for (const { body } of responses) await body?.cancel();
});

Deno.test("RecordingFiles refuses downloads beyond its limit, until one has ended", async () => {
  using scene = new Scene();
  placeRecording(`${scene.path}/a.ts`, { bytes: 1_000_000 });
  const responses = [];
  for (let index = 0; index < MAX_DOWNLOADS; index += 1) responses.push(await scene.serve("a.ts"));
  strictEqual((await scene.serve("a.ts")).status, 503);
  await responses[0]?.body?.cancel();
  strictEqual((await responses[1]?.bytes())?.length, 1_000_000);
  const [again, other] = [await scene.serve("a.ts"), await scene.serve("a.ts")];
  deepStrictEqual([again.status, other.status], [200, 200]);
  for (const response of [...responses.slice(2), again, other]) await response.body?.cancel();
});
