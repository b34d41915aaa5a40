/** Makes a project of `files` (path and content) in a temporary folder, which is removed at the end of the test. */
import { dirname } from "node:path";

export function projectWith(files: Readonly<Record<string, string>>): { readonly root: string } & Disposable {
  const root = Deno.makeTempDirSync();
  for (const [path, content] of Object.entries(files)) {
    Deno.mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    Deno.writeTextFileSync(`${root}/${path}`, content);
  }
  return { root, [Symbol.dispose]: () => Deno.removeSync(root, { recursive: true }) };
}
