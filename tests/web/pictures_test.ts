import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { Pictures } from "../../mod/web/pictures.ts";
import { replyProblem, withoutBody } from "../../mod/web/reply.ts";
import { childrenOf } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

const libc = openLibc();

async function testStream(): Promise<Uint8Array<ArrayBuffer>> {
  using folder = new TemporaryFolder();
  return await makeTestStream(folder.file("a.ts"), 1);
}

Deno.test("Pictures decodes a session once for requests a few seconds apart, and at most two streams at a time", async () => {
  const bytes = await testStream();
  const pictures = new Pictures(libc);
  const before = childrenOf(Deno.pid).length;
  let opened = 0;
  let most = 0;
  const open = () => {
    opened += 1;
    most = Math.max(most, childrenOf(Deno.pid).length - before);
    return Promise.resolve(new Response(bytes));
  };
  const sessions = ["s1", "s2", "s3", "s4", "s1", "s2", "s3", "s4"];
  const responses = await Promise.all(sessions.map((session) => pictures.serve(session, open)));
  deepStrictEqual(responses.map(({ status }) => status), Array(8).fill(200));
  strictEqual((await pictures.serve("s1", open)).headers.get("content-type"), "image/jpeg");
  deepStrictEqual([opened, most <= 2], [8, true]); // each is opened to wait for payload, and again to decode it
});

Deno.test("Pictures passes on why there is no stream, and tries again with the next request", async () => {
  const pictures = new Pictures(libc);
  const open = () => Promise.resolve(replyProblem(409, "its payload is not a transport stream"));
  for (let count = 0; count < 2; count += 1) {
    const responses = await Promise.all([pictures.serve("s1", open), pictures.serve("s1", open)]);
    deepStrictEqual(responses.map(({ status }) => status), [409, 409]);
    deepStrictEqual((await responses[1]?.json()).error, "its payload is not a transport stream");
  }
  const bytes = await testStream();
  strictEqual((await pictures.serve("s1", () => Promise.resolve(new Response(bytes)))).status, 200);
});

Deno.test("Pictures answers a HEAD for a stream that is refused", async () => {
  const open = () => Promise.resolve(replyProblem(409, "its payload is not a transport stream"));
  const { status, headers } = await withoutBody(await new Pictures(libc).serve("s1", open));
  deepStrictEqual([status, headers.get("content-type")], [409, "application/json"]);
});

Deno.test("Pictures passes on that a session has ended while its picture waited", async () => {
  const responses = [new Response("payload"), replyProblem(404, "gone")];
  const response = await new Pictures(libc).serve("s1", () => Promise.resolve(responses.shift() ?? new Response()));
  deepStrictEqual([response.status, (await response.json()).error], [404, "gone"]);
});

Deno.test("Pictures answers 404 for a stream without a picture", async () => {
  const response = await new Pictures(libc).serve("s1", () => Promise.resolve(new Response("no stream")));
  strictEqual(response.status, 404);
});

Deno.test("Pictures refuses requests beyond its limit, and continues after a failure", async () => {
  const pictures = new Pictures(libc);
  const held = Promise.withResolvers<Response>();
  const waiting = Array.from({ length: 32 }, (_, index) => pictures.serve(`s${index}`, () => held.promise));
  const outcomes = Promise.allSettled(waiting);
  strictEqual((await pictures.serve("s99", () => held.promise)).status, 503);
  held.reject(new Error("a bug"));
  const statuses = (await outcomes).map(({ status }) => status);
  deepStrictEqual(statuses, Array(32).fill("rejected"));
  strictEqual((await pictures.serve("s99", () => Promise.resolve(replyProblem(404, "gone")))).status, 404);
});

Deno.test("Pictures answers 501 with a hint if ffmpeg is not on the machine", async () => {
  const response = await new Pictures(libc, () => false).serve("s1", () => Promise.resolve(new Response("")));
  deepStrictEqual([response.status, (await response.json()).error], [501, "ffmpeg is not on this machine"]);
});
