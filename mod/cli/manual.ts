/**
 * The pages of the manual: mod/manual/TOPIC.md, which the executable holds too.
 *
 * @module
 */

const FOLDER = new URL("../manual/", import.meta.url);
const EXTENSION = ".md";

/** A page. */
export interface ManualPage {
  /** Its name without the extension, as typed after `help`. */
  readonly topic: string;
  /** Its first heading. */
  readonly title: string;
  readonly markdown: string;
}

/** Reads every page, sorted by topic. */
export function manualPages(): readonly ManualPage[] {
  return Array.from(Deno.readDirSync(FOLDER), ({ name }) => name)
    .filter((name) => name.endsWith(EXTENSION)).sort()
    .map((name) => readPage(name.slice(0, -EXTENSION.length)));
}

function readPage(topic: string): ManualPage {
  const markdown = Deno.readTextFileSync(new URL(`${topic}${EXTENSION}`, FOLDER));
  return { topic, title: /^# (.*)$/m.exec(markdown)?.[1] ?? topic, markdown };
}
