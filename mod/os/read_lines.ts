/**
 * Lines out of a byte stream, with a bound on their length.
 *
 * @module
 */

/** Far over any ticket or event: a stream ID is 512 bytes at most. */
const LINE_CHARACTERS = 65_536;

/** Yields each line without its end; the last one also without a newline behind it. */
export async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(0, LINE_CHARACTERS);
      yield* lines.map((line) => line.slice(0, LINE_CHARACTERS));
    }
  } catch (error) {
    // the other side is gone, which is the end of the stream
    if (error instanceof TypeError || error instanceof RangeError) throw error;
  }
  if (rest !== "") yield rest;
}
