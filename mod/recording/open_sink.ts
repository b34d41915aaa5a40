/**
 * The sink that a session asks for.
 *
 * @module
 */

import { FileSink } from "./file_sink.ts";
import type { SinkRequest } from "./recording.ts";
import { NullSink, type Sink } from "./sink.ts";

/**
 * Opens the sink.
 *
 * @param startMs Begin of the session in ms since the epoch.
 * @throws {SinkError} Where the file cannot be made.
 */
export function openSink(request: SinkRequest, startMs: number): Sink {
  if (request.kind === "none") return new NullSink();
  const { directory, name, utc } = request;
  return FileSink.open(directory, { name, time: { startMs, utc } });
}
