/**
 * The `listen` command: its options, their help, and the settings they make.
 *
 * @module
 */

import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

import { merge, readTopLevel } from "./apply_config.ts";
import { readConfigFile } from "./config_file.ts";
import { readTables } from "./config_tables.ts";
import type { ListenEnvironment } from "./listen_environment.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { listenSettingsOf } from "./listen_settings_of.ts";
import { refuseUselessChecksum } from "./parse_checksum.ts";
import type { PassphraseFile } from "./passphrase_source.ts";
import { scriptingOptions } from "./scripting_options.ts";
import type { TypedOptions, TypedRule } from "./typed_options.ts";

const EXAMPLES = `
Examples:
  srt-splitter listen :9000 --out recordings   one .ts file per caller
  srt-splitter listen                          no files: what each session does
  srt-splitter listen 192.0.2.7:9000 --out /media/a --latency 500ms --utc
  srt-splitter listen --out rec --passphrase-file secret.txt --max-sessions 8
  srt-splitter listen :0 --out rec --json      a free port, events for a script
  srt-splitter listen --out rec --allow "cam*" --allow-from 192.0.2.0/24
  srt-splitter listen --config splitter.toml   all of it, and more, in a file

Rules: a caller has to pass those on names and those on addresses. In each of
the two the first match decides; without a match it gets in unless there is an
allow. In patterns * is any text (also "/" and nothing), ? one character.

Exit codes:
  0 fine  1 a session failed  2 usage  3 cannot listen  4 no usable libsrt
  5 an --expect does not hold  6 nobody came (--wait)  7 a report not written`;

/** Makes the `listen` command; `done` is given the settings when it was parsed. */
export function listenCommand(env: ListenEnvironment, done: (settings: ListenSettings) => void): CommandUnknownOpts {
  const rules = ruleCollector();
  const command = new Command("listen")
    .description("Records every SRT caller of one UDP port, each in a process of its own.")
    .argument(
      "[address]",
      'where to listen: :9000, 127.0.0.1:9000, [::1]:9000, srt://:9000; port 0 takes a free one (default: ":9000")',
    )
    .option("-c, --config <file>", "all options and more out of a TOML file; SIGHUP reads it again")
    .option("-o, --out <dir>", "record into this folder, one .ts file per caller (made if missing)")
    .option("--latency <time>", "latency to ask for: 200ms, 2s, or a bare number of ms; the caller's counts if larger")
    .option(
      "--passphrase-file <file>",
      "the first line of this file is a passphrase; up to 8 are valid at once (or set SRT_SPLITTER_PASSPHRASE)",
      appendFile,
    )
    .option("--stats <time>", "statistics of each session this often, 0 for never (without --out: 5s)")
    .option("--allow <pattern>", "let stream names in that match", rules("--allow"))
    .option("--deny <pattern>", "refuse stream names that match", rules("--deny"))
    .option("--allow-from <range>", "let addresses in: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32", rules("--allow-from"))
    .option("--deny-from <range>", "refuse addresses", rules("--deny-from"))
    .option("--max-sessions <n>", "refuse callers beyond so many at one time")
    .option("--max-per-address <n>", "the same for each address")
    .option("--max-per-stream <n>", "the same for each stream name")
    .option("--on-return <what>", "stream name in use: new-file, take-over, refuse (default: new-file)")
    .option("--idle <time>", "let go of a caller that sends nothing for so long, 0 for never (default: 1min)")
    .option("--no-analyze", "do not look into the streams: no TS health in lines, events and sidecars")
    .option("--no-sidecar", "no FILE.json beside each recording (caller, losses, TS health, why it ended)")
    .option("--checksum <algorithm>", "put a checksum of each recording into its sidecar: sha256")
    .option("--utc", "UTC instead of local time, in file names and lines")
    .option("--json", "one JSON object a line on stdout, nothing else there")
    .option("-q, --quiet", "say only what failed")
    .option("-v, --verbose", "say more, on stderr")
    .option("--libsrt <file>", "load this libsrt (or set SRT_SPLITTER_LIBSRT)")
    .addHelpText("after", EXAMPLES);
  for (const option of scriptingOptions()) command.addOption(option);
  command.action((address, options) => {
    done(settingsOf({ ...(address === undefined ? {} : { address }), ...options }, { command, env }));
  });
  return command;
}

/** The command line over the file that it names. */
function settingsOf(
  typed: TypedOptions,
  environs: { readonly command: CommandUnknownOpts; readonly env: ListenEnvironment },
): ListenSettings {
  const settings = withFile(withoutDefaults(typed), environs);
  refuseUselessChecksum(settings);
  return settings;
}

function withFile(
  typed: TypedOptions,
  { command, env }: { readonly command: CommandUnknownOpts; readonly env: ListenEnvironment },
): ListenSettings {
  const alone = listenSettingsOf(typed, {}); // the variables count where neither of the two says anything
  if (alone.config === null) return listenSettingsOf(typed, env);
  const file = readConfigFile(alone.config);
  const ofFile = readTopLevel(file, command.options, (entry) => void listenSettingsOf(entry, {}));
  const { streams, users, warnings } = readTables(file.tables, file.path);
  const settings = listenSettingsOf(merge(typed, ofFile), env);
  return { ...settings, streams, users, warnings: [...settings.warnings, ...warnings] };
}

/** commander says `true` for `--no-sidecar` that nobody typed; a file has to win over that. */
function withoutDefaults({ analyze, sidecar, ...typed }: TypedOptions): TypedOptions {
  return {
    ...typed,
    ...(analyze === false ? { analyze } : {}),
    ...(sidecar === false ? { sidecar } : {}),
  };
}

function appendFile(file: string, before: readonly PassphraseFile[] = []): readonly PassphraseFile[] {
  return [...before, { kind: "file", file }];
}

/** Keeps the order in which rules stand, across the four options that make them. */
function ruleCollector() {
  let order = 0;
  return (option: string) => (text: string, before: readonly TypedRule[] = []): readonly TypedRule[] => {
    order += 1;
    const source = `${option} ${JSON.stringify(text)}`;
    return [...before, { text, source, shown: source, order }];
  };
}
