/** Tests of mod/recording/file_name.ts. */
import { match, ok, strictEqual } from "node:assert/strict";
import { parseNameTemplate } from "../../mod/cli/name_template.ts";
import { type FileNames, type NameForm, recordingFileName, relativePath } from "../../mod/recording/file_name.ts";
import type { NameValues } from "../../mod/recording/name_template.ts";
import { namesOf } from "./names_of.ts";

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const STAMP = "2026-01-02_03-04-05";

/** The name by the default template. */
function defaultName(stream: string, changes: Partial<FileNames & NameForm> = {}): string {
  return recordingFileName({ ...namesOf(stream, changes), startMs: START_MS, segment: 1 }, changes);
}

function nameOf(name: string): string {
  const file = defaultName(name);
  ok(file.endsWith(`_${STAMP}.ts`), file);
  return file.slice(0, -`_${STAMP}.ts`.length);
}

for (
  const [what, name, expected] of [
    ["a plain name", "cam1", "cam1"],
    ["a name with dots, dashes and underscores inside", "cam-1_b.2", "cam-1_b.2"],
    ["an empty name", "", "stream"],
    ["one dot", ".", "stream"],
    ["two dots", "..", "stream"],
    ["many dots", ".....", "stream"],
    ["only unsafe characters", "///***", "stream"],
    ["a path", "live/cam1", "live_cam1"],
    ["an absolute path", "/etc/passwd", "etc_passwd"],
    ["a path with parent folders", "../../etc/passwd", "etc_passwd"],
    ["parent folders inside a path", "live/../../cam", "live_cam"],
    ["a Windows path with parent folders", "..\\..\\boot.ini", "boot.ini"],
    ["a Windows drive", "C:\\video", "C_video"],
    ["a leading dot", ".htaccess", "htaccess"],
    ["a leading dash", "-rf", "rf"],
    ["an alternate data stream of NTFS", "cam:hidden", "cam_hidden"],
    ["a NUL", "cam\0.ts", "cam_.ts"],
    ["line ends", "cam\n1\r2", "cam_1_2"],
    ["an escape sequence", "\x1b[31mred\x07", "31mred"],
    ["a C1 control character", "cam\u009b1", "cam_1"],
    ["a right-to-left override", "cam\u202egpj", "cam_gpj"],
    ["a zero-width space", "ca\u200bm", "ca_m"],
    ["half of a surrogate pair", "cam\ud800x", "cam_x"],
    ["a private-use character", "cam\ue000x", "cam_x"],
    ["spaces", "my cam\u00a01", "my_cam_1"],
    ["characters that a shell interprets", "a$(b)`c`;d|e>f&g'h\"i!j#k", "a_b_c_d_e_f_g_h_i_j_k"],
    ["wildcards and brackets", "cam*?[1]{2}~", "cam_1_2"],
    ["dots and spaces at the end", "cam. .", "cam"],
    ["letters of other scripts", "größe-録画-камера", "größe-録画-камера"],
    ["an emoji", "cam😀", "cam😀"],
    ["letters with combining accents", "gro\u0308ße", "größe"],
    ["full-width dots and slashes", "．．／cam", "．．／cam"],
  ] as const
) {
  Deno.test(`recordingFileName replaces unsafe parts: ${what} gives ${JSON.stringify(expected)}`, () =>
    strictEqual(nameOf(name), expected));
}

for (
  const [what, name, expected] of [
    ["characters of one byte", "x".repeat(512), "x".repeat(180)],
    ["characters of two bytes", "é".repeat(512), "é".repeat(90)],
    ["characters of three bytes", "録".repeat(512), "録".repeat(60)],
    ["characters of four bytes", "😀".repeat(512), "😀".repeat(45)],
    ["one byte, then characters of three bytes", "x" + "録".repeat(512), "x" + "録".repeat(59)],
    ["a dot at the cut", "x".repeat(179) + "." + "y".repeat(9), "x".repeat(179)],
  ] as const
) {
  Deno.test(`recordingFileName cuts a long name to 180 bytes, between characters: ${what}`, () => {
    strictEqual(nameOf(name), expected);
  });
}

Deno.test("recordingFileName stays within 255 bytes with a number of five digits", () => {
  const bytes = new TextEncoder().encode(defaultName("😀".repeat(512), { attempt: 10_000 })).length;
  ok(bytes <= 255, `${bytes}`);
});

Deno.test("recordingFileName returns one path component without control characters for each character below U+3000", () => {
  for (let code = 0; code < 0x3000; code += 1) {
    const file = defaultName(`a${String.fromCodePoint(code)}b`);
    // deno-lint-ignore no-control-regex
    strictEqual(/[\x00-\x20/\\\x7f-\x9f]/.test(file), false, `U+${code.toString(16)}`);
  }
});

Deno.test("recordingFileName appends a number to the time stamp from the second attempt on", () => {
  const names = [1, 2, 3].map((attempt) => defaultName("cam", { attempt }));
  strictEqual(names.join(), `cam_${STAMP}.ts,cam_${STAMP}-2.ts,cam_${STAMP}-3.ts`);
});

Deno.test("recordingFileName uses local time if UTC is not set", () => {
  const time = new Date(START_MS);
  const two = (value: number) => String(value).padStart(2, "0");
  const local = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}_${two(time.getHours())}`;
  match(defaultName("cam", { utc: false }), new RegExp(`^cam_${local}-`));
});

/** The time zone is read once in a process, so this needs another process. */
Deno.test("recordingFileName uses the time zone of TZ", async () => {
  const module = new URL("../../mod/recording/file_name.ts", import.meta.url).href;
  const script = `import { recordingFileName } from ${JSON.stringify(module)};
    const template = [[{ field: "stream" }, "_", { field: "date" }, "_", { field: "time" }, "_", { field: "offset" }]];
    const names = { template, values: { stream: "cam" }, utc: false };
    console.log(recordingFileName({ ...names, startMs: ${START_MS}, segment: 1 }));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-lock", script],
    env: { TZ: "Asia/Tokyo" },
    stdin: "null",
    stderr: "inherit",
  }).output();
  strictEqual(new TextDecoder().decode(stdout), "cam_2026-01-02_12-04-05_UTC+0900.ts\n");
});

/** The name by a template of the command line. */
function nameBy(template: string, values: NameValues, form: NameForm = {}): string {
  const names = { template: parseNameTemplate(template), values, utc: true };
  return recordingFileName({ ...names, startMs: START_MS, segment: 7 }, form);
}

const HOSTILE = "../../x";

for (
  const [template, values, expected] of [
    ["{stream}/{date}/{stream}_{time}_{segment}.ts", { stream: "cam1" }, "cam1/2026-01-02/cam1_03-04-05_0007.ts"],
    ["{stream}", { stream: "cam1" }, "cam1.ts"],
    ["{date}T{time}_{offset}_{session}", { session: "s3" }, "2026-01-02T03-04-05_UTC+0000_s3.ts"],
    ["{user}/{address}", { address: "2001:db8::1" }, "no-user/2001_db8_1.ts"],
    ["{id.bmd_uuid}/{id.h}", { "id.bmd_uuid": "a-b" }, "a-b/no-h.ts"],
    ["all", {}, "all.ts"],
    ["tape one/{stream}", { stream: "cam" }, "tape_one/cam.ts"],
    ["{stream}/{stream}", { stream: HOSTILE }, "x/x.ts"],
    ["..{stream}/{id.x}", { stream: "..", "id.x": ".." }, "stream/no-x.ts"],
    ["{user}/a", { user: "/" }, "no-user/a.ts"],
    ["{stream}/a", { stream: "a/b\0c" }, "a_b_c/a.ts"],
    ["{stream}/-{stream}", { stream: "-rf" }, "rf/rf.ts"],
    ["{stream}/{stream}", { stream: "😀" }, "😀/😀.ts"],
    ["{stream}/{user}", { stream: "con", user: "LPT1.x" }, "con_/LPT1_.x.ts"],
  ] satisfies readonly (readonly [string, NameValues, string])[]
) {
  Deno.test(`recordingFileName makes ${JSON.stringify(expected)} of ${template} and ${JSON.stringify(values)}`, () =>
    strictEqual(nameBy(template, values), expected));
}

Deno.test("recordingFileName cuts texts that are too long, and keeps date, time and number", () => {
  const long = "録".repeat(171);
  const name = nameBy("{user}-{stream}/{stream}_{user}_{date}_{time}_{segment}", { stream: long, user: long });
  const bytes = name.split("/").map((part) => new TextEncoder().encode(part).length);
  ok(Math.max(...bytes) <= 203, String(bytes));
  match(name, /^録+-録+\/録+_録+_2026-01-02_03-04-05_0007\.ts$/);
});

Deno.test("recordingFileName shortens folders and name, and reduces them to ASCII", () => {
  const form = { nameBytes: 20, ascii: true, attempt: 2 };
  const name = nameBy("Bühne/{stream}/{stream}_{time}", { stream: `é${"x".repeat(99)}` }, form);
  match(name, /^Buhne\/ex{19}\/ex{19}_03-04-05-2\.ts$/);
  strictEqual(nameBy("録画/{stream}", { stream: "録" }, form), "recording/stream-2.ts");
});

for (
  const [file, other, expected] of [
    ["/rec/a.ts", "/rec/b.ts", "b.ts"],
    ["/rec/cam1/26/a.ts", "/rec/cam1/27/b.ts", "../27/b.ts"],
    ["/rec/a/b.ts", "/rec/a/b.ts", "b.ts"],
    ["/rec/x/y/a.ts", "/rec/b.ts", "../../b.ts"],
  ] as const
) {
  Deno.test(`relativePath from ${file} to ${other} is ${expected}`, () =>
    strictEqual(relativePath(file, other), expected));
}
