/** A folder that is removed, with what is in it, at the end of the test. */
export function temporaryFolder(): { readonly path: string; names(): readonly string[] } & Disposable {
  const path = Deno.makeTempDirSync();
  return {
    path,
    names: () => Array.from(Deno.readDirSync(path), ({ name }) => name).sort(),
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}
