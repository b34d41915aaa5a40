import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LiveStreams, MAX_VIEWERS } from "../../mod/web/live_streams.ts";
import { within } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const NO_FEEDS = { connect: () => null };

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

async function textOf(reader: Reader): Promise<string | null> {
  const { value } = await within(reader.read(), "bytes");
  return value === undefined ? null : new TextDecoder().decode(value);
}

Deno.test("LiveStreams follows a file, continues in the next one, and ends with its session", async () => {
  using folder = new TemporaryFolder();
  const [first, second] = [folder.file("a.ts"), folder.file("b.ts")];
  Deno.writeTextFileSync(first, "G1"); // begins as a TS packet does
  let present: string | null = first;
  const { body } = await new LiveStreams(NO_FEEDS).openFile(first, () => Promise.resolve(present));
  if (body === null) throw new Error("there is no body");
  const reader: Reader = body.getReader();
  strictEqual(await textOf(reader), "G1");
  Deno.writeTextFileSync(first, "2", { append: true });
  strictEqual(await textOf(reader), "2");
  Deno.writeTextFileSync(first, "3", { append: true });
  Deno.writeTextFileSync(second, "4");
  present = second;
  deepStrictEqual([await textOf(reader), await textOf(reader)], ["3", "4"]);
  Deno.writeTextFileSync(second, "5", { append: true });
  present = null;
  deepStrictEqual([await textOf(reader), await textOf(reader)], ["5", null]);
});

Deno.test("LiveStreams sends every file to a viewer that is several files behind", async () => {
  using folder = new TemporaryFolder();
  for (const [name, next] of [["a", "b.ts"], ["b", "c.ts"], ["c", null]] as const) {
    Deno.writeTextFileSync(folder.file(`${name}.ts`), `G${name}`);
    Deno.writeTextFileSync(folder.file(`${name}.ts.json`), JSON.stringify({ state: "final", next }));
  }
  const { body } = await new LiveStreams(NO_FEEDS).openFile(
    folder.file("a.ts"),
    () => Promise.resolve(folder.file("c.ts")),
  );
  if (body === null) throw new Error("there is no body");
  const reader: Reader = body.getReader();
  deepStrictEqual([await textOf(reader), await textOf(reader), await textOf(reader)], ["Ga", "Gb", "Gc"]);
  await reader.cancel();
});

Deno.test("LiveStreams sends every file of a session that has ended to a viewer that is behind", async () => {
  using folder = new TemporaryFolder();
  for (const [name, next] of [["a", "b.ts"], ["b", null]] as const) {
    Deno.writeTextFileSync(folder.file(`${name}.ts`), `G${name}`);
    Deno.writeTextFileSync(folder.file(`${name}.ts.json`), JSON.stringify({ state: "final", next }));
  }
  const response = await new LiveStreams(NO_FEEDS).openFile(folder.file("a.ts"), () => Promise.resolve(null));
  strictEqual(await within(response.text(), "the end"), "GaGb");
});

Deno.test("LiveStreams waits for the sidecar of a complete file, which names the file that follows", async () => {
  using folder = new TemporaryFolder();
  const write = (name: string, sidecar: object) => {
    Deno.writeTextFileSync(folder.file(`${name}.ts`), `G${name}`);
    Deno.writeTextFileSync(folder.file(`${name}.ts.json`), JSON.stringify(sidecar));
  };
  write("a", { state: "recording" });
  write("b", { state: "final", next: "c.ts" });
  write("c", { state: "recording" });
  let asked = 0;
  const currentFile = () => {
    asked += 1;
    if (asked === 4) write("a", { state: "final", next: "b.ts" });
    return Promise.resolve(folder.file("c.ts"));
  };
  const { body } = await new LiveStreams(NO_FEEDS).openFile(folder.file("a.ts"), currentFile);
  if (body === null) throw new Error("there is no body");
  const reader: Reader = body.getReader();
  deepStrictEqual([await textOf(reader), await textOf(reader), await textOf(reader)], ["Ga", "Gb", "Gc"]);
  await reader.cancel();
});

Deno.test("LiveStreams ends all responses when it is closed", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.ts");
  Deno.writeTextFileSync(path, "G1");
  const streams = new LiveStreams(NO_FEEDS);
  const response = await streams.openFile(path, () => Promise.resolve("unknown"));
  streams.close();
  strictEqual(await within(response.text(), "the end"), "G1");
});

Deno.test("LiveStreams refuses viewers beyond its limit, until one has left", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.ts");
  Deno.writeTextFileSync(path, "G1");
  const streams = new LiveStreams(NO_FEEDS);
  const open = () => streams.openFile(path, () => Promise.resolve(path));
  const responses = [];
  for (let index = 0; index < MAX_VIEWERS; index += 1) responses.push(await open());
  strictEqual((await open()).status, 503);
  await responses[0]?.body?.cancel();
  responses.push(await open());
  strictEqual(responses.at(-1)?.status, 200);
  for (const response of responses.slice(1)) await response.body?.cancel();
});

Deno.test("LiveStreams reports a recording that was removed", async () => {
  const { status } = await new LiveStreams(NO_FEEDS).openFile("/nonexistent/a.ts", () => Promise.resolve(null));
  strictEqual(status, 404);
});

Deno.test("LiveStreams connects to the process of a session once for all viewers, until none has been there for a while", async () => {
  const connected: string[] = [];
  let closed = 0;
  const streams = new LiveStreams({
    connect: (session) => {
      connected.push(session);
      const end = Promise.withResolvers<null>();
      return {
        next: () => end.promise,
        finish: () => end.resolve(null),
        close: () => {
          closed += 1;
        },
      };
    },
    unusedMs: 20,
  });
  const viewers = [await streams.openFeed("s1"), await streams.openFeed("s1")];
  deepStrictEqual([viewers.map(({ status }) => status), connected], [[200, 200], ["s1"]]);
  for (const { body } of viewers) await body?.cancel();
  await waitUntil("the end of the connection", () => closed > 0);
  const again = await streams.openFeed("s1");
  deepStrictEqual(connected, ["s1", "s1"]);
  streams.close();
  strictEqual(await within(again.text(), "the end"), "");
});

Deno.test("LiveStreams answers 404 for a session whose process does not send its payload, and keeps no viewer", async () => {
  const streams = new LiveStreams(NO_FEEDS);
  for (let count = 0; count <= MAX_VIEWERS; count += 1) strictEqual((await streams.openFeed("s1")).status, 404);
});
