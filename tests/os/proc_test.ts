/** Tests of mod/os/proc.ts. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { listProcFolder, ProcFolder, readProcFile, readProcLink } from "../../mod/os/proc.ts";

const libc = openLibc();

/** A folder that is removed with its content. */
function temporaryFolder(): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

Deno.test("readProcFile reads this process's file in /proc", () => {
  strictEqual(/^Pid:\s+(\d+)$/m.exec(readProcFile(libc, "/proc/self/status") ?? "")?.[1], String(Deno.pid));
});

Deno.test("readProcFile reads a file that needs several reads, with a character across the border of two", () => {
  using folder = temporaryFolder();
  const text = `${"a".repeat(65_535)}é${"b".repeat(200_000)}`;
  Deno.writeTextFileSync(`${folder.path}/long`, text);
  strictEqual(readProcFile(libc, `${folder.path}/long`), text);
});

Deno.test("readProcFile reads an empty file as empty text", () => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(`${folder.path}/empty`, "");
  strictEqual(readProcFile(libc, `${folder.path}/empty`), "");
});

Deno.test("readProcFile reads a file whose name is not ASCII", () => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(`${folder.path}/größe-録`, "text");
  strictEqual(readProcFile(libc, `${folder.path}/größe-録`), "text");
});

Deno.test("readProcFile returns null for a missing file, and for a folder", () => {
  deepStrictEqual([readProcFile(libc, "/proc/self/nothing"), readProcFile(libc, "/proc/self")], [null, null]);
});

Deno.test("readProcLink reads a link's target", () => {
  strictEqual(readProcLink(libc, "/proc/self"), String(Deno.pid));
});

Deno.test("readProcLink returns null for what is not a link", () => {
  deepStrictEqual([readProcLink(libc, "/proc/self/status"), readProcLink(libc, "/proc/self/nothing")], [null, null]);
});

Deno.test("listProcFolder lists every name, in as many calls as necessary", () => {
  using folder = temporaryFolder();
  // one call of getdents64 returns 64 of these at most, because they fill 4 KiB
  const names = Array.from({ length: 1500 }, (_, index) => `entry-${index}-${"x".repeat(30)}`);
  for (const name of names) Deno.createSync(`${folder.path}/${name}`).close();
  deepStrictEqual([...listProcFolder(libc, folder.path)].sort(), [".", "..", ...names].sort());
});

Deno.test("listProcFolder returns nothing for what is not a folder", () => {
  deepStrictEqual([listProcFolder(libc, "/proc/self/status"), listProcFolder(libc, "/proc/self/nothing")], [[], []]);
});

Deno.test("ProcFolder lists what the folder has now, however often", () => {
  using folder = temporaryFolder();
  using opened = new ProcFolder(libc, folder.path);
  const lists = ["a", "b"].map((name) => {
    Deno.createSync(`${folder.path}/${name}`).close();
    return [...opened.list()].sort();
  });
  deepStrictEqual(lists, [[".", "..", "a"], [".", "..", "a", "b"]]);
});

Deno.test("ProcFolder throws for a folder that cannot be opened", () => {
  throws(() => new ProcFolder(libc, "/proc/self/nothing"), /^OsError: cannot open \/proc\/self\/nothing: No such file/);
});

Deno.test("reading /proc leaves no descriptor open", () => {
  const before = listProcFolder(libc, "/proc/self/fd").length;
  for (let times = 0; times < 5; times += 1) {
    readProcFile(libc, "/proc/self/status");
    readProcFile(libc, "/proc/self");
    listProcFolder(libc, "/proc/self");
  }
  strictEqual(listProcFolder(libc, "/proc/self/fd").length, before);
});
