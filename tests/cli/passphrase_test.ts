import assert from "node:assert/strict";

import { type Passphrase, readPassphrase } from "../../mod/cli/passphrase.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { usageErrorOf } from "./thrown_by.ts";

/** A file with `content` in a folder of its own, removed at the end of the test. */
function passphraseFile(content: string | Uint8Array, mode = 0o600): { readonly file: string } & Disposable {
  const folder = Deno.makeTempDirSync();
  const file = `${folder}/passphrase.txt`;
  Deno.writeFileSync(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  Deno.chmodSync(file, mode);
  return { file, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

function readFile(file: string, again = false): Passphrase {
  return readPassphrase({ kind: "file", file, place: null }, { again });
}

for (
  const [what, content, value] of [
    ["with a newline", "correcthorse\n", "correcthorse"],
    ["without a newline", "correcthorse", "correcthorse"],
    ["with a Windows line ending", "correcthorse\r\n", "correcthorse"],
    ["with a byte order mark and a Windows line ending", "\ufeffcorrecthorse\r\n", "correcthorse"],
    ["of 79 bytes with a byte order mark", `\ufeff${"x".repeat(79)}`, "x".repeat(79)],
    ["with a carriage return that belongs to it", "correct\rhorse\n", "correct\rhorse"],
    ["with further lines", "correcthorse\nnotes\n", "correcthorse"],
    ["with spaces that belong to it", " correct horse \n", " correct horse "],
    ["of 10 bytes", "0123456789", "0123456789"],
    ["of 79 bytes", "x".repeat(79), "x".repeat(79)],
    ["of 10 bytes that are 5 characters", "äöüßé", "äöüßé"],
  ] as const
) {
  Deno.test(`readPassphrase reads a file ${what}`, () => {
    using made = passphraseFile(content);
    assert.deepEqual(readFile(made.file), { value, warnings: [] });
  });
}

for (
  const [what, value] of [["as it is", " correct horse "], ["without its Windows line ending", " correct horse \r"], [
    "without its newline",
    " correct horse \n",
  ]] as const
) {
  Deno.test(`readPassphrase returns the variable ${what}`, () => {
    assert.equal(readPassphrase({ kind: "environment", value }).value, " correct horse ");
  });
}

for (
  const [what, content, message] of [
    ["an empty file", "", /first line is empty/],
    ["an empty first line", "\ncorrecthorse\n", /first line is empty/],
    ["9 bytes", "sesame789\n", /too short \(9 bytes\)/],
    ["80 bytes", "sesame78".repeat(10), /too long \(more than 79 bytes\)/],
    ["one long line", "sesame78".repeat(10_000), /too long/],
    ["a NUL", "sesame\0sesame\n", /NUL/],
    ["bytes that are not text", Uint8Array.of(0xff, 0xfe, ...new TextEncoder().encode("sesame sesame")), /not UTF-8/],
  ] as const
) {
  Deno.test(`readPassphrase refuses ${what} without repeating it`, () => {
    using made = passphraseFile(content);
    const error = usageErrorOf(() => readFile(made.file));
    assert.match(error.message, message);
    assert.doesNotMatch(error.text, /sesame/);
  });
}

Deno.test("readPassphrase refuses a short variable without repeating it", () => {
  const error = usageErrorOf(() => readPassphrase({ kind: "environment", value: "sesame" }));
  assert.match(error.message, /SRT_SPLITTER_PASSPHRASE: its passphrase is too short/);
  assert.doesNotMatch(error.text, /sesame/);
});

Deno.test("readPassphrase reports that a file is missing", () => {
  using made = passphraseFile("correcthorse");
  const error = usageErrorOf(() => readFile(`${made.file}.no`));
  assert.match(error.message, /there is no such file/);
});

Deno.test("readPassphrase reports that a file is a folder", () => {
  using made = passphraseFile("correcthorse");
  const folder = made.file.replace(/\/[^/]*$/, "");
  assert.match(usageErrorOf(() => readFile(folder)).message, /it is a folder/);
});

/** Runs `action` as an unprivileged user, because root may read everything. */
function unprivileged(action: () => void): void {
  if (Deno.uid() !== 0) return action();
  const libc = Deno.dlopen("libc.so.6", { seteuid: { parameters: ["u32"], result: "i32" } });
  assert.equal(libc.symbols.seteuid(65_534), 0);
  try {
    action();
  } finally {
    assert.equal(libc.symbols.seteuid(0), 0);
    libc.close();
  }
}

Deno.test("readPassphrase reports that a file may not be read", () => {
  using made = passphraseFile("correcthorse", 0o000);
  unprivileged(() => {
    assert.match(usageErrorOf(() => readFile(made.file)).message, /may not read it/);
  });
});

Deno.test({
  name: "readPassphrase reports that the permission of Deno is missing",
  permissions: { read: false },
  fn: () => {
    const error = usageErrorOf(() => readFile("/etc/hostname"));
    assert.match(error.message, /this program was started without the permission "read" for "/);
  },
});

Deno.test("readPassphrase reports any other reason in the text of the system", () => {
  using made = passphraseFile("correcthorse");
  assert.match(
    usageErrorOf(() => readFile(`${made.file}/x`)).message,
    /: not a directory$/,
  );
});

Deno.test("readPassphrase refuses a device", () => {
  const { message } = usageErrorOf(() => readFile("/dev/zero"));
  assert.strictEqual(message, 'cannot read the passphrase file "/dev/zero": it is not a regular file');
});

for (const again of [false, true]) {
  Deno.test(`readPassphrase refuses a named pipe without waiting for its writer${again ? ", also when it reads again" : ""}`, async () => {
    using folder = new TemporaryFolder();
    const file = folder.file("pipe");
    await new Deno.Command("mkfifo", { args: [file] }).output();
    const { message } = usageErrorOf(() => readFile(file, again));
    assert.match(message, /: it is a pipe, not a regular file$/);
  });
}

Deno.test("readPassphrase follows a symbolic link to a regular file, also when it reads again", () => {
  using made = passphraseFile("correcthorse");
  Deno.symlinkSync(made.file, `${made.file}.link`);
  for (const again of [false, true]) assert.strictEqual(readFile(`${made.file}.link`, again).value, "correcthorse");
});

Deno.test("readPassphrase warns about a file that every user can read", () => {
  using made = passphraseFile("correcthorse", 0o644);
  assert.match(
    readFile(made.file).warnings.join(),
    /other users of this machine can read/,
  );
});

Deno.test("readPassphrase does not warn about a file that the group can read", () => {
  using made = passphraseFile("correcthorse", 0o640);
  assert.deepEqual(readFile(made.file).warnings, []);
});
