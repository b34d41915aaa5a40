/**
 * Reads the JSON in the body of a request, with a limit on its length and its time.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import { replyProblem } from "./reply.ts";

/** Longest body in bytes. Our choice: the longest order needs less than 3 kB. */
const MAX_BYTES = 16_384;

/** How long a body may take to arrive, in ms. Our choice. */
const BODY_MS = 5000;

/** Reads the value, or returns the response that refuses the request. `signal`: if it is aborted, the body is not waited for. */
export async function readShortBody(
  request: Request,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    return replyProblem(415, "the body is not JSON", { hint: "send the header Content-Type: application/json" });
  }
  const reader = request.body?.getReader();
  const cancel = () => void reader?.cancel().catch(() => {}); // the client may have closed its connection
  signal?.addEventListener("abort", cancel);
  const bytes = reader === undefined ? new Uint8Array() : await withDeadline(readAll(reader), BODY_MS);
  signal?.removeEventListener("abort", cancel);
  if (bytes === "too-long" || bytes === "broken" || bytes === "late" || signal?.aborted === true) {
    cancel();
    return bytes === "too-long"
      ? replyProblem(413, `the body has more than ${MAX_BYTES} bytes`)
      : replyProblem(400, "the body did not arrive");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return replyProblem(400, "the body is not JSON");
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer> | "too-long" | "broken"> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
      length += value.length;
      if (length > MAX_BYTES) return "too-long";
      chunks.push(value);
    }
  } catch {
    return "broken"; // the client has closed its connection
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
