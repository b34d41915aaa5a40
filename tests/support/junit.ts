/**
 * Reads a JUnit report as a CI server would.
 *
 * @module
 */

import { XMLParser } from "fast-xml-parser";

/** One test suite of a report. */
export interface JunitSuite {
  readonly "@name": string;
  readonly testcase?: readonly {
    readonly "@name": string;
    readonly failure?: { readonly "@message": string; readonly "@type": string };
  }[];
}

/** A report; its attributes are text. */
export interface JunitReport {
  readonly "@tests": string;
  readonly "@failures": string;
  readonly testsuite: readonly JunitSuite[];
}

/** Reads the report in `file`. */
export function readJunit(file: string): JunitReport {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  return parser.parse(Deno.readTextFileSync(file)).testsuites;
}
