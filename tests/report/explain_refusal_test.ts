import { strictEqual } from "node:assert/strict";
import { explainRefusal } from "../../mod/report/explain_refusal.ts";

for (
  const [reason, expected] of [
    [10, "give the listener's passphrase with passphrase-file=FILE in its address"],
    [11, "only one side uses a passphrase: add passphrase-file=FILE in its address, or leave it out"],
  ] as const
) {
  Deno.test(`explainRefusal names the caller's own option for a passphrase, for reason ${reason}`, () => {
    const text = explainRefusal(reason, {
      listener: "192.0.2.7:9000",
      passphraseOption: "passphrase-file=FILE in its address",
    });
    strictEqual(text.split("\n")[1], expected);
  });
}
