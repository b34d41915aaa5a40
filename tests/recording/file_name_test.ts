/** Tests of mod/recording/file_name.ts. */
import { match, ok, strictEqual } from "node:assert/strict";
import { recordingFileName } from "../../mod/recording/file_name.ts";

const TIME = { startMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), utc: true };
const STAMP = "2026-01-02_03-04-05";

function nameOf(name: string): string {
  const file = recordingFileName(name, TIME);
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

Deno.test("recordingFileName stays within 255 bytes with the highest number", () => {
  const bytes = new TextEncoder().encode(recordingFileName("😀".repeat(512), { ...TIME, attempt: 10_000 })).length;
  ok(bytes <= 255, `${bytes}`);
});

Deno.test("recordingFileName returns one path component without control characters, whatever the name contains", () => {
  for (let code = 0; code < 0x3000; code += 1) {
    const file = recordingFileName(`a${String.fromCodePoint(code)}b`, TIME);
    // deno-lint-ignore no-control-regex
    strictEqual(/[\x00-\x20/\\\x7f-\x9f]/.test(file), false, `U+${code.toString(16)}`);
  }
});

Deno.test("recordingFileName appends a number to the time stamp from the second attempt on", () => {
  const names = [1, 2, 3].map((attempt) => recordingFileName("cam", { ...TIME, attempt }));
  strictEqual(names.join(), `cam_${STAMP}.ts,cam_${STAMP}-2.ts,cam_${STAMP}-3.ts`);
});

Deno.test("recordingFileName uses local time unless UTC is set", () => {
  const time = new Date(TIME.startMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const local = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}_${two(time.getHours())}`;
  match(recordingFileName("cam", { ...TIME, utc: false }), new RegExp(`^cam_${local}-`));
});

/** The time zone is read once in a process, so this needs another process. */
Deno.test("recordingFileName uses the time zone of TZ", async () => {
  const module = new URL("../../mod/recording/file_name.ts", import.meta.url).href;
  const script = `import { recordingFileName } from ${JSON.stringify(module)};
    console.log(recordingFileName("cam", { startMs: ${TIME.startMs}, utc: false }));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-lock", script],
    env: { TZ: "Asia/Tokyo" },
    stdin: "null",
    stderr: "inherit",
  }).output();
  strictEqual(new TextDecoder().decode(stdout), "cam_2026-01-02_12-04-05.ts\n");
});
