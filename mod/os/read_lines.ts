/**
 * Reads lines from a byte stream, with a limit on their length.
 *
 * @module
 */

/**
 * Maximum length of a line. Longer ones are cut, so that a faulty process cannot fill the memory. Our choice: the same as for a
 * message in the control channel.
 */
export const LINE_CHARACTERS = 4_194_304;

/**
 * Yields each line without its end; the last one even if no newline follows it. A chunk is not used after the next one is
 * requested.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of chunks) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = (lines.pop() ?? "").slice(0, LINE_CHARACTERS);
      yield* lines.map((line) => line.slice(0, LINE_CHARACTERS));
    }
  } catch (error) {
    // any other error means that the other side has closed, which ends the stream
    if (error instanceof TypeError || error instanceof RangeError) throw error;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
