/**
 * Which part of the program may import which other parts: the table that scripts/check_imports.ts enforces.
 *
 * @module
 */

/** Files and folders that a part may import, as in {@linkcode IMPORT_RULES}. */
export type AllowedImports = readonly string[];

/**
 * One row for each folder of `mod/` and each file outside of `mod/`, with what it may import besides its own files.
 *
 * A part is a file, or a folder without a slash at its end. `PART types` allows `import type` only, `PART dynamic` allows
 * `import()` only.
 *
 * The order is the direction: a part may import only from parts above it, so there is no cycle between folders. To add
 * a folder, add a row below everything that it imports. Tests and scripts have no row: they may import everything, and the
 * program may import none of them.
 */
export const IMPORT_RULES: Readonly<Record<string, AllowedImports>> = {
  "mod/vocabulary": [],
  "mod/packet": ["mod/vocabulary types"],
  "mod/os": ["mod/vocabulary types"],
  "mod/srt": ["mod/os/library_functions.ts", "mod/vocabulary types"],
  "mod/ts": ["mod/vocabulary types"],
  "mod/report": ["mod/packet", "mod/os/deadline.ts", "mod/vocabulary types", "mod/vocabulary/values.ts"],
  "mod/run": ["mod/packet", "mod/report", "mod/vocabulary"],
  "mod/terminal": ["mod/report", "mod/run", "mod/vocabulary"],
  "mod/admission": ["mod/packet", "mod/srt/session_option.ts types", "mod/vocabulary types"],
  "mod/recording": [
    "mod/os",
    "mod/report/format.ts",
    "mod/report/problem.ts",
    "mod/vocabulary types",
    "mod/vocabulary/values.ts",
  ],
  "mod/handoff": [
    "mod/os",
    "mod/admission/bounded_map.ts",
    "mod/report/problem.ts",
    "mod/recording/command_template.ts types",
    "mod/recording/file_name.ts types",
    "mod/recording/forward_template.ts types",
    "mod/recording/segment_schedule.ts types",
    "mod/recording/udp_template.ts types",
    "mod/srt/session_option.ts types",
    "mod/vocabulary",
  ],
  "mod/outputs": [
    "mod/os",
    "mod/recording/command_template.ts",
    "mod/recording/file_name.ts types",
    "mod/recording/forward_template.ts",
    "mod/recording/tap_feed.ts types",
    "mod/recording/udp_template.ts",
    "mod/report/format.ts",
    "mod/report/problem.ts",
    "mod/handoff/contract.ts types",
    "mod/vocabulary types",
  ],
  "mod/hooks": [
    "mod/os",
    "mod/packet/secret_text.ts",
    "mod/recording/file_name.ts",
    "mod/report/format.ts",
    "mod/report/problem.ts",
    "mod/report/start_of.ts",
    "mod/handoff/child_command.ts types",
    "mod/outputs/stderr_lines.ts",
    "mod/vocabulary types",
    "mod/vocabulary/values.ts",
  ],
  "mod/inspection": ["mod/ts", "mod/recording", "mod/report/problem.ts", "mod/vocabulary"],
  "mod/retention": [
    "mod/os",
    "mod/inspection dynamic",
    "mod/recording",
    "mod/report",
    "mod/vocabulary types",
    "mod/vocabulary/values.ts",
  ],
  "mod/door": [
    "mod/packet",
    "mod/os",
    "mod/admission/bounded_map.ts",
    "mod/report/format.ts",
    "mod/report/problem.ts",
    "mod/vocabulary types",
  ],
  "mod/listener": [
    "mod/packet",
    "mod/os/deadline.ts",
    "mod/os/readiness.ts",
    "mod/os/abstract_socket.ts",
    "mod/os/libc.ts",
    "mod/os/process_handle.ts",
    "mod/os types",
    "mod/admission",
    "mod/door",
    "mod/handoff",
    "mod/recording/folder_check.ts",
    "mod/recording/name_template.ts",
    "mod/recording/segment_schedule.ts types",
    "mod/report",
    "mod/retention",
    "mod/vocabulary",
  ],
  "mod/session": [
    "mod/report/format.ts",
    "mod/packet",
    "mod/srt",
    "mod/os",
    "mod/recording",
    "mod/outputs types",
    "mod/outputs dynamic",
    "mod/ts/noise_detector.ts",
    "mod/ts dynamic",
    "mod/vocabulary types",
    "mod/vocabulary/values.ts",
    "mod/handoff/contract.ts",
    "mod/handoff/child_message.ts types",
  ],
  "mod/web": [
    "mod/handoff/control_message.ts",
    "mod/handoff/control_name.ts types",
    "mod/os/deadline.ts",
    "mod/packet/rejection_reason.ts",
    "mod/recording/sidecar_file.ts",
    "mod/report/problem.ts",
    "mod/retention/recordings_folder.ts",
    "mod/vocabulary",
  ],
  "mod/send": [
    "mod/srt",
    "mod/packet",
    "mod/ts",
    "mod/report",
    "mod/outputs/output_queue.ts",
    "mod/outputs/ts_datagrams.ts",
    "mod/recording/forward_template.ts types",
  ],
  "mod/cli": [
    "mod/hooks/contract.ts",
    "mod/retention/plan.ts types",
    "mod/admission/bans.ts",
    "mod/admission/name_pattern.ts",
    "mod/admission/address_range.ts",
    "mod/admission types",
    "mod/packet/hsreq.ts",
    "mod/packet/packet_filter.ts",
    "mod/packet/secret_text.ts",
    "mod/recording/command_template.ts types",
    "mod/recording/file_name.ts",
    "mod/recording/forward_template.ts types",
    "mod/recording/name_template.ts",
    "mod/recording/segment_schedule.ts types",
    "mod/recording/udp_template.ts",
    "mod/srt/session_option.ts",
    "mod/srt/version.ts",
    "mod/report/problem.ts",
    "mod/run types",
    "mod/run/expectation.ts",
  ],
  "workers/process.ts": [],
  "workers/output.ts": ["mod/cli/exit_code.ts", "mod/report", "mod/terminal dynamic", "workers/process.ts types"],
  "workers/find_libsrt.ts": ["mod/handoff", "mod/os", "mod/packet/cookie.ts dynamic", "mod/report/problem.ts"],
  "workers/probe.ts": ["mod/session/probe.ts", "mod/os", "mod/handoff/contract.ts", "workers/process.ts"],
  "workers/hooks.ts": ["mod/hooks", "mod/os", "workers/process.ts"],
  "workers/forward.ts": [
    "mod/os",
    "mod/recording/forward_template.ts types",
    "mod/report",
    "mod/send",
    "mod/srt",
    "workers/find_libsrt.ts",
    "workers/process.ts",
  ],
  "workers/session.ts": [
    "mod/session",
    "mod/srt",
    "mod/os",
    "mod/handoff/contract.ts",
    "mod/handoff/channel.ts",
    "mod/handoff/link.ts",
    "mod/handoff/child_message.ts types",
    "workers/process.ts types",
  ],
  "workers/check.ts": ["mod/cli", "mod/admission", "mod/packet", "mod/report/format.ts", "workers/output.ts types"],
  "workers/inspect.ts": ["mod/cli", "mod/inspection", "mod/report", "mod/vocabulary types"],
  "workers/recover.ts": ["mod/cli", "mod/inspection", "mod/os", "mod/report"],
  "workers/control_connection.ts": ["mod/cli", "mod/handoff", "mod/os", "workers/output.ts types"],
  "workers/control.ts": [
    "workers/control_connection.ts",
    "mod/cli",
    "mod/handoff",
    "mod/report",
    "mod/vocabulary",
    "workers/output.ts types",
  ],
  "workers/web.ts": [
    "workers/control_connection.ts",
    "mod/cli",
    "mod/handoff",
    "mod/os",
    "mod/report",
    "mod/web",
    "workers/output.ts types",
    "workers/process.ts types",
  ],
  "workers/sessions.ts": [
    "workers/control_connection.ts",
    "mod/cli",
    "mod/handoff types",
    "mod/os",
    "mod/report",
    "mod/terminal dynamic",
    "workers/output.ts types",
    "workers/process.ts types",
  ],
  "workers/send.ts": [
    "mod/cli",
    "mod/os",
    "mod/send",
    "mod/srt",
    "mod/report",
    "workers/find_libsrt.ts",
    "workers/output.ts types",
    "workers/process.ts types",
  ],
  "workers/open_web.ts": ["mod/cli types", "mod/handoff", "mod/os", "mod/report", "mod/vocabulary types"],
  "workers/listener_state.ts": ["mod/handoff types", "mod/run types"],
  "workers/open_hooks.ts": ["mod/cli", "mod/handoff", "mod/hooks", "mod/os"],
  "workers/reload_config.ts": ["mod/cli", "mod/listener types", "mod/report types", "mod/report/problem.ts"],
  "workers/listen_run.ts": [
    "mod/cli/exit_code.ts",
    "mod/cli types",
    "mod/report",
    "mod/run",
    "mod/vocabulary",
    "workers/process.ts types",
  ],
  "workers/open_reporter.ts": [
    "mod/cli types",
    "mod/os types",
    "mod/report",
    "mod/run types",
    "mod/terminal types",
    "mod/terminal dynamic",
    "workers/output.ts types",
    "workers/process.ts types",
  ],
  "workers/service_reporter.ts": ["mod/os", "mod/report", "mod/run types", "mod/vocabulary types"],
  "workers/listen.ts": [
    "mod/cli",
    "mod/door",
    "mod/listener",
    "mod/handoff",
    "mod/os",
    "mod/recording/folder_limits.ts",
    "mod/recording/forward_template.ts types",
    "mod/run",
    "mod/vocabulary",
    "workers/find_libsrt.ts",
    "workers/listen_run.ts",
    "workers/open_hooks.ts",
    "workers/listener_state.ts",
    "workers/open_reporter.ts",
    "workers/open_web.ts",
    "workers/reload_config.ts",
    "workers/service_reporter.ts",
    "workers/output.ts types",
    "workers/process.ts types",
  ],
  "workers/version.ts": [
    "mod/cli",
    "workers/find_libsrt.ts",
    "workers/output.ts types",
  ],
  "workers/manual.ts": ["mod/cli", "mod/terminal dynamic", "workers/output.ts types"],
  "workers/command.ts": [
    "mod/cli",
    "mod/report/problem.ts",
    ...[
      "find_libsrt",
      "listen",
      "send",
      "inspect",
      "recover",
      "control",
      "sessions",
      "web",
      "check",
      "version",
      "manual",
    ].map(
      (name) => `workers/${name}.ts dynamic`,
    ),
    "workers/output.ts types",
    "workers/process.ts types",
  ],
  "workers/child.ts": ["workers/process.ts", "workers/session.ts"],
  "main.ts": ["mod/handoff/contract.ts", "workers dynamic", "workers/process.ts"],
};

/**
 * npm packages, and the only part that may import each, so that replacing one affects one folder. Imports of scripts and tests are
 * not checked.
 */
export const PACKAGE_HOMES: Readonly<Record<string, string>> = {
  "commander": "mod/cli",
  "@sinclair/typebox": "mod",
  "fast-xml-parser": "mod/run",
  "ajv": "tests",
  "@seriousme/openapi-schema-validator": "tests",
  "yaml": "tests",
  "cli-table3": "mod/terminal",
  "log-update": "mod/terminal",
  "marked": "mod/terminal",
  "string-width": "mod/terminal",
  "wrap-ansi": "mod/terminal",
  "fastest-levenshtein": "mod/cli",
  "toml-eslint-parser": "mod/cli",
  "ipaddr.js": "mod/admission",
  "wildcard-match": "mod/admission",
};

/** What a role must not load before it is ready, because that would delay its start. */
export interface StartRule {
  readonly role: string;
  /** The files that it starts with. */
  readonly entries: readonly string[];
  /** Modules that it must not import, directly or through others. */
  readonly slow: RegExp;
  /** Whether `import()` is forbidden too. If the name is a literal, Deno reads the module when the program starts. */
  readonly dynamicToo: boolean;
}

/** The rules. A `node:` module or an npm package costs every child 25 to 45 ms of processor time. */
export const START_RULES: readonly StartRule[] = [
  {
    role: "a child",
    entries: ["workers/child.ts", "workers/probe.ts", "workers/hooks.ts"],
    slow: /^(?:node|npm):/,
    dynamicToo: true,
  },
  {
    role: "the listener",
    entries: ["workers/command.ts", "workers/listen.ts"],
    // each has hundreds of files
    slow: /^npm:\/?(?:@sinclair\/typebox|fast-xml-parser)\b/,
    dynamicToo: false,
  },
];
