import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
import type { ReloadedEvent } from "../../mod/vocabulary/events.ts";
import type { Reporter } from "../../mod/report/reporter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { reloadConfig, type ReloadParts } from "../../workers/reload_config.ts";
import { SOURCES } from "../cli/sources.ts";

/** The event of a reload, and the settings that it gave to the listener. */
interface Reloaded {
  readonly event: Pick<ReloadedEvent, "ok" | "text">;
  readonly given: readonly Parameters<ReloadParts["listener"]["reload"]>[0][];
}

/** Starts with a configuration file `before`, changes it to `after` and reloads. */
function reload(before: string, after: string, parts: Partial<ReloadParts> = {}): Reloaded {
  using folder = new TemporaryFolder();
  return reloadIn(folder, (file) => Deno.writeTextFileSync(file, after), { ...parts, before });
}

/** The same, with the configuration file in this folder. */
function reloadIn(
  folder: TemporaryFolder,
  change: (file: string) => void,
  { before, ...parts }: Partial<ReloadParts> & { readonly before: string },
): Reloaded {
  const file = folder.file("splitter.toml");
  const parse = () => parseCommandLine(["listen", "--config", file], SOURCES);
  Deno.writeTextFileSync(file, before);
  const started = parse();
  assert.ok(started.command === "listen", `not listen but ${started.command}`);
  change(file);
  const events: ReloadedEvent[] = [];
  const given: Reloaded["given"][number][] = [];
  const reporter: Reporter = {
    report: (event) => {
      if (event.event === "reloaded") events.push(event);
    },
    warn: () => {},
    debug: () => {},
  };
  const listener = { reload: (options: Reloaded["given"][number]) => void given.push(options) };
  reloadConfig(started.settings, { parse, statsIntervalMs: (askedMs) => askedMs, reporter, listener, ...parts })();
  const [event, ...more] = events;
  assert.ok(event !== undefined && more.length === 0, `${events.length} events`);
  return { event, given };
}

/** Keys whose new value waits for the next start. */
const WAITING: readonly (readonly [key: string, value: string])[] = [
  ["address", '":9001"'],
  ["out", '"recordings"'],
  ["no-analyze", "true"],
  ["no-sidecar", "true"],
  ["utc", "true"],
  ["json", "true"],
  ["quiet", "true"],
  ["verbose", "true"],
  ["libsrt", '"libsrt.so.1.5"'],
  ["sessions", "1"],
  ["for", '"1h"'],
  ["wait", '"1h"'],
  ["idle-exit", '"1h"'],
  ["expect", '["sessions=1"]'],
  ["junit", '"junit.xml"'],
  ["summary", '"summary.json"'],
  ["ready-file", '"ready.json"'],
];

for (const [key, value] of WAITING) {
  Deno.test(`SIGHUP reports that a new ${key} applies after the next start`, () => {
    const { event } = reload("", `${key} = ${value}\n`);
    assert.strictEqual(event.ok, true);
    const keys = /; not applied until the next start: (.*)$/.exec(event.text)?.[1] ?? "nothing";
    assert.ok(keys.split(/, | or /).includes(key), keys);
  });
}

Deno.test("SIGHUP reports that a new name applies after the next start, and nothing if it is the same", () => {
  const same = 'out = "rec"\nname = "{stream}"\n';
  assert.doesNotMatch(reload(same, same).event.text, /next start/);
  assert.match(reload(same, 'out = "rec"\nname = "{time}"\n').event.text, /; not applied until the next start: name$/);
});

Deno.test("SIGHUP does not report keys that are only on another line", () => {
  const text = 'pipe = "cat"\nforward = "srt://192.0.2.9:9000?passphrase-file=p.txt"\nwebhook = "http://192.0.2.9/"\n';
  assert.doesNotMatch(reload(text, `# moved\n${text}`).event.text, /next start/);
});

Deno.test("SIGHUP reports that a new checksum applies after the next start", () => {
  const { event } = reload('out = "rec"\n', 'out = "rec"\nchecksum = "sha256"\n');
  assert.match(event.text, /; not applied until the next start: no-sidecar or checksum$/);
});

/** Lines of a file whose new values apply at once. */
const IMMEDIATE: readonly string[] = [
  'allow = "cam*"',
  'deny = "cam*"',
  'allow-from = "192.0.2.0/24"',
  'deny-from = "192.0.2.0/24"',
  "max-sessions = 2",
  "max-per-address = 2",
  "max-per-stream = 2",
  'on-return = "refuse"',
  'idle = "30s"',
  'latency = "700ms"',
  '[[pull]]\nurl = "srt://192.0.2.9:9000"',
  'stats = "1s"',
  '[[stream]]\nname = "cam1"',
];

for (const text of IMMEDIATE) {
  Deno.test(`SIGHUP applies ${JSON.stringify(text)} at once`, () => {
    const { event, given } = reload("", `${text}\n`);
    assert.match(event.text, /applies to callers and pulls from now on$/);
    assert.strictEqual(given.length, 1);
  });
}

Deno.test("SIGHUP gives the listener the interval that the reporter makes of the one in the file", () => {
  const { given } = reload("", 'stats = "5s"\n', { statsIntervalMs: (askedMs) => (askedMs ?? 0) / 5 });
  assert.deepStrictEqual(given.map(({ statsIntervalMs }) => statsIntervalMs), [1000]);
});

Deno.test("SIGHUP changes nothing if reading the file again throws an unexpected error", () => {
  const { event, given } = reload("", "", {
    parse: () => {
      throw new SyntaxError("a bug");
    },
  });
  assert.deepStrictEqual([event.ok, given], [false, []]);
  assert.match(event.text, /^nothing has changed: .*a bug/);
});

/** Makes a named pipe at `file`, which must not exist yet. */
function makePipe(file: string): void {
  assert.ok(new Deno.Command("mkfifo", { args: [file] }).outputSync().success);
}

Deno.test("SIGHUP changes nothing if a passphrase file is a pipe, and does not wait for its writer", () => {
  using folder = new TemporaryFolder();
  makePipe(folder.file("pipe"));
  const { event, given } = reloadIn(folder, (file) => Deno.writeTextFileSync(file, '\npassphrase-file = "pipe"\n'), {
    before: "",
  });
  assert.deepStrictEqual([event.ok, given], [false, []]);
  assert.match(event.text, /^nothing has changed: cannot use "passphrase-file" on line 2 of .* again: it is a pipe/);
});

Deno.test("SIGHUP changes nothing if the configuration file was replaced by a pipe", () => {
  using folder = new TemporaryFolder();
  const { event, given } = reloadIn(folder, (file) => {
    Deno.removeSync(file);
    makePipe(file);
  }, { before: 'deny = "*"\n' });
  assert.deepStrictEqual([event.ok, given], [false, []]);
  assert.match(event.text, /^nothing has changed: cannot read the configuration file .* again: it is a pipe/);
});
