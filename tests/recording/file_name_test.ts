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
    ["nothing", "", "stream"],
    ["one dot", ".", "stream"],
    ["two dots", "..", "stream"],
    ["many dots", ".....", "stream"],
    ["only what is unsafe", "///***", "stream"],
    ["a path", "live/cam1", "live_cam1"],
    ["an absolute path", "/etc/passwd", "etc_passwd"],
    ["a way up", "../../etc/passwd", "etc_passwd"],
    ["a way up inside", "live/../../cam", "live_cam"],
    ["a way up, Windows", "..\\..\\boot.ini", "boot.ini"],
    ["a drive", "C:\\video", "C_video"],
    ["a hidden file", ".htaccess", "htaccess"],
    ["an option", "-rf", "rf"],
    ["a stream of alternate data", "cam:hidden", "cam_hidden"],
    ["a NUL", "cam\0.ts", "cam_.ts"],
    ["a line end", "cam\n1\r2", "cam_1_2"],
    ["an escape sequence", "\x1b[31mred\x07", "31mred"],
    ["a C1 control character", "cam\u009b1", "cam_1"],
    ["text that runs backwards", "cam\u202egpj", "cam_gpj"],
    ["a space of no width", "ca\u200bm", "ca_m"],
    ["half a character", "cam\ud800x", "cam_x"],
    ["a private character", "cam\ue000x", "cam_x"],
    ["spaces", "my cam\u00a01", "my_cam_1"],
    ["what a shell reads", "a$(b)`c`;d|e>f&g'h\"i!j#k", "a_b_c_d_e_f_g_h_i_j_k"],
    ["a pattern", "cam*?[1]{2}~", "cam_1_2"],
    ["dots and spaces at the end", "cam. .", "cam"],
    ["other scripts", "größe-録画-камера", "größe-録画-камера"],
    ["an emoji", "cam😀", "cam😀"],
    ["letters and accents apart", "gro\u0308ße", "größe"],
    ["the way up in wide letters", "．．／cam", "．．／cam"],
  ] as const
) {
  Deno.test(`recordingFileName makes ${JSON.stringify(expected)} of ${what}`, () =>
    strictEqual(nameOf(name), expected));
}

for (
  const [what, name, expected] of [
    ["one byte", "x".repeat(512), "x".repeat(180)],
    ["two bytes", "é".repeat(512), "é".repeat(90)],
    ["three bytes", "録".repeat(512), "録".repeat(60)],
    ["four bytes", "😀".repeat(512), "😀".repeat(45)],
    ["three bytes behind one of one", "x" + "録".repeat(512), "x" + "録".repeat(59)],
    ["one byte, a dot at the cut", "x".repeat(179) + "." + "y".repeat(9), "x".repeat(179)],
  ] as const
) {
  Deno.test(`recordingFileName cuts a long name between characters: ${what} each`, () => {
    strictEqual(nameOf(name), expected);
  });
}

Deno.test("recordingFileName stays below 255 bytes with the highest number behind it", () => {
  const bytes = new TextEncoder().encode(recordingFileName("😀".repeat(512), { ...TIME, attempt: 10_000 })).length;
  ok(bytes <= 255, `${bytes}`);
});

Deno.test("recordingFileName gives one path component for every character there is", () => {
  for (let code = 0; code < 0x3000; code += 1) {
    const file = recordingFileName(`a${String.fromCodePoint(code)}b`, TIME);
    // deno-lint-ignore no-control-regex
    strictEqual(/[\x00-\x20/\\\x7f-\x9f]/.test(file), false, `U+${code.toString(16)}`);
  }
});

Deno.test("recordingFileName puts the number behind the time stamp from the second name on", () => {
  const names = [1, 2, 3].map((attempt) => recordingFileName("cam", { ...TIME, attempt }));
  strictEqual(names.join(), `cam_${STAMP}.ts,cam_${STAMP}-2.ts,cam_${STAMP}-3.ts`);
});

Deno.test("recordingFileName gives the time of this place unless asked for UTC", () => {
  const time = new Date(TIME.startMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const local = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}_${two(time.getHours())}`;
  match(recordingFileName("cam", { ...TIME, utc: false }), new RegExp(`^cam_${local}-`));
});

/** In a process of its own: the time zone is read once. */
Deno.test("recordingFileName follows TZ", async () => {
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
