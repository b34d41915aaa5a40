/** Settings of a configuration file that can only be found wrong where they are used: each is an error with file, line and key. */

import assert from "node:assert/strict";

import { Splitter } from "../support/splitter.ts";
import { freePort } from "../support/srt_caller.ts";
import { ConfigFolder } from "./config_folder.ts";

/** Lines of a file, and how the error begins. `{port}` is the port of the listener. */
const CASES: readonly (readonly [text: string, message: RegExp])[] = [
  [
    'utc = true\npipe = "no-such-program x"',
    /^cannot use "pipe" on line 4 of ".*": there is no program "no-such-program"/,
  ],
  ['on = "session-end=no-such-program"', /^cannot use "on" on line 3 of ".*": there is no program "no-such-program"/],
  [
    '[[hook]]\non = "session-end"\ncommand = "no-such-program"',
    /^cannot use "command" on line 5 of ".*": there is no program "no-such-program"/,
  ],
  [
    'forward = "srt://192.0.2.9:1?passphrase-file=none.txt"',
    /^cannot use "forward" on line 3 of ".*": cannot read the passphrase file ".*none\.txt": there is no such file/,
  ],
  ['forward = "srt://localhost:{port}"', /^cannot use "forward" on line 3 of ".*": its target is this listener itself/],
  [
    '[[pull]]\nurl = "srt://127.0.0.1:{port}"',
    /^cannot use "url" on line 4 of ".*": its target is this listener itself/,
  ],
  [
    'webhook = "http://192.0.2.9/"\nwebhook-secret-file = "none.txt"',
    /^cannot use "webhook-secret-file" on line 4 of ".*": cannot read the webhook secret file ".*none\.txt": there is no/,
  ],
  [
    'web = "127.0.0.1:0"\nweb-token-file = "none.txt"',
    /^cannot use "web-token-file" on line 4 of ".*": cannot read the web token file ".*none\.txt": there is no such file/,
  ],
];

for (const [text, message] of CASES) {
  Deno.test(`listen and check report file, line and key of ${JSON.stringify(text)}`, async () => {
    const port = freePort();
    using config = new ConfigFolder(
      `address = "127.0.0.1:${port}"\nspares = 0\n${text.replace("{port}", `${port}`)}\n`,
    );
    for (const command of ["listen", "check"]) {
      const { code, stderr } = await Splitter.run([command, "--config", config.file]);
      assert.strictEqual(code, 2);
      assert.match(stderr.replace(/^error: /, ""), message);
    }
  });
}
