/**
 * Who may import whom: the table of the design, as data.
 *
 * @module
 */

/** One place that a part may import from. */
export interface AllowedImport {
  /** File, or folder without a slash at its end, from the top of the project. */
  readonly part: string;
  /** `types`: by `import type` only; `dynamic`: by `import()` only; absent: any way. */
  readonly only?: "types" | "dynamic";
}

/** A part of the project and what it may import besides itself. */
export interface ImportRule {
  /** File or folder, as in {@linkcode AllowedImport}. */
  readonly from: string;
  readonly allowed: readonly AllowedImport[];
}

/** What a child may know of the vocabulary: types, and the values that need no library. */
const CHILD_VOCABULARY: readonly AllowedImport[] = [
  { part: "mod/vocabulary", only: "types" },
  { part: "mod/vocabulary/values.ts" },
];

/** The table. What no rule covers (tests, scripts) may import all; nothing here may import tests or scripts. */
export const IMPORT_RULES: readonly ImportRule[] = [
  { from: "mod/packet", allowed: [] },
  { from: "mod/os", allowed: [] },
  { from: "mod/vocabulary", allowed: [] },
  { from: "mod/srt", allowed: [{ part: "mod/vocabulary", only: "types" }] },
  { from: "mod/ts", allowed: [{ part: "mod/vocabulary", only: "types" }] },
  { from: "mod/report", allowed: [{ part: "mod/packet" }, ...CHILD_VOCABULARY] },
  { from: "mod/admission", allowed: [{ part: "mod/packet" }] },
  { from: "mod/handoff", allowed: [{ part: "mod/os" }, { part: "mod/vocabulary" }] },
  {
    from: "mod/listener",
    allowed: [
      { part: "mod/packet" },
      { part: "mod/admission" },
      { part: "mod/os" },
      { part: "mod/handoff" },
      { part: "mod/report" },
      { part: "mod/vocabulary" },
    ],
  },
  { from: "mod/recording", allowed: CHILD_VOCABULARY },
  {
    from: "mod/session",
    allowed: [
      { part: "mod/packet" },
      { part: "mod/srt" },
      { part: "mod/os" },
      { part: "mod/recording" },
      { part: "mod/ts/noise_watch.ts" },
      { part: "mod/ts", only: "dynamic" },
      ...CHILD_VOCABULARY,
      { part: "mod/handoff/contract.ts" },
      { part: "mod/handoff/child_message.ts", only: "types" },
    ],
  },
  { from: "mod/inspection", allowed: [{ part: "mod/ts" }, { part: "mod/recording" }, { part: "mod/vocabulary" }] },
  { from: "mod/terminal", allowed: [{ part: "mod/report" }, { part: "mod/vocabulary" }] },
  { from: "mod/outcome", allowed: [{ part: "mod/report" }, { part: "mod/vocabulary" }] },
  {
    from: "mod/send",
    allowed: [{ part: "mod/os" }, { part: "mod/srt" }, { part: "mod/packet" }, { part: "mod/report" }],
  },
  {
    from: "mod/cli",
    // patterns and ranges are read once, where they were typed, and decide by themselves afterwards
    allowed: [
      { part: "mod/admission/name_pattern.ts" },
      { part: "mod/admission/address_range.ts" },
      { part: "mod/report/problem.ts" },
      { part: "mod", only: "types" },
    ],
  },
  { from: "workers/process.ts", allowed: [] },
  {
    from: "workers/output.ts",
    allowed: [
      { part: "mod/cli/exit_code.ts" },
      { part: "mod/report" },
      { part: "mod/terminal", only: "dynamic" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
  {
    from: "workers/find_libsrt.ts",
    allowed: [{ part: "mod/handoff" }, { part: "mod/os" }, { part: "mod/report/problem.ts" }],
  },
  {
    from: "workers/session.ts",
    allowed: [
      { part: "mod/session" },
      { part: "mod/srt" },
      { part: "mod/os" },
      { part: "mod/handoff/contract.ts" },
      { part: "mod/handoff/child_message.ts", only: "types" },
      { part: "mod/report" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
  {
    from: "workers/check.ts",
    allowed: [{ part: "mod/cli" }, { part: "mod/admission" }, { part: "mod/packet" }],
  },
  {
    from: "workers/reload_config.ts",
    allowed: [{ part: "mod/cli" }, { part: "mod/listener", only: "types" }, { part: "mod/report", only: "types" }],
  },
  {
    from: "workers/listen.ts",
    allowed: [
      { part: "mod/cli" },
      { part: "mod/listener" },
      { part: "mod/handoff" },
      { part: "mod/os" },
      { part: "mod/report" },
      { part: "mod/vocabulary" },
      { part: "workers/find_libsrt.ts" },
      { part: "workers/inspect.ts", only: "dynamic" },
      { part: "workers/recover.ts", only: "dynamic" },
      { part: "mod/outcome" },
      { part: "workers/listen_run.ts" },
      { part: "workers/voice.ts" },
      { part: "workers/check.ts" },
      { part: "workers/reload_config.ts" },
      { part: "workers/output.ts", only: "types" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
  {
    from: "workers/listen_run.ts",
    allowed: [
      { part: "mod/cli/exit_code.ts" },
      { part: "mod/cli", only: "types" },
      { part: "mod/outcome" },
      { part: "mod/report" },
      { part: "mod/vocabulary" },
      { part: "workers/run_reports.ts" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
  {
    from: "workers/run_reports.ts",
    allowed: [{ part: "mod/cli", only: "types" }, { part: "mod/outcome" }, { part: "mod/report" }, {
      part: "mod/vocabulary",
      only: "types",
    }],
  },
  {
    from: "workers/voice.ts",
    allowed: [
      { part: "mod/cli", only: "types" },
      { part: "mod/outcome", only: "types" },
      { part: "mod/report" },
      { part: "mod/terminal", only: "types" },
      { part: "mod/terminal", only: "dynamic" },
      { part: "workers/output.ts", only: "types" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
  {
    from: "workers/send.ts",
    allowed: [
      { part: "mod/cli" },
      { part: "mod/handoff/embedded_libsrt.ts" },
      { part: "mod/os" },
      { part: "mod/send" },
      { part: "mod/srt" },
      { part: "mod/report" },
      { part: "workers/output.ts", only: "types" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
  {
    from: "workers/inspect.ts",
    allowed: [{ part: "mod/cli" }, { part: "mod/inspection" }, { part: "mod/report" }, {
      part: "mod/vocabulary",
      only: "types",
    }],
  },
  {
    from: "workers/recover.ts",
    allowed: [{ part: "mod/cli" }, { part: "mod/inspection" }, { part: "mod/os" }, { part: "mod/report" }],
  },
  {
    from: "main.ts",
    allowed: [
      { part: "mod/handoff/contract.ts" },
      { part: "workers", only: "dynamic" },
      { part: "workers/process.ts", only: "types" },
    ],
  },
];

/** npm packages that one part alone may know, so that replacing one costs one folder. */
export const PACKAGE_HOMES: Readonly<Record<string, string>> = {
  "commander": "mod/cli",
  "@commander-js/extra-typings": "mod/cli",
  "@sinclair/typebox": "mod",
  "fast-xml-parser": "mod/outcome",
  "ajv": "tests",
  "yaml": "tests",
  "cli-table3": "mod/terminal",
  "log-update": "mod/terminal",
  "string-width": "mod/terminal",
  "wrap-ansi": "mod/terminal",
  "fastest-levenshtein": "mod/cli",
  "toml-eslint-parser": "mod/cli",
  "ipaddr.js": "mod/admission",
  "wildcard-match": "mod/admission",
};
