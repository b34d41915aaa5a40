import { deepStrictEqual } from "node:assert/strict";

import { launchersAmong } from "../../mod/os/launcher.ts";

const TASK = "/opt/deno task listen :9000 ";
const WRAPPER = "node /home/anna/.npm/_npx/7a/node_modules/deno/bin.cjs task listen :9000 ";
const SHELL = "sh -c 'deno' task listen :9000 ";
const NPX = "npm exec deno@2.9.6 task listen :9000 ";

for (
  const [what, ancestors, count] of [
    ["npx, its shell and deno task", [TASK, SHELL, NPX, "-bash ", "/sbin/init "], 3],
    ["npx with the wrapper of the npm package", [TASK, WRAPPER, SHELL, NPX, "-bash "], 4],
    ["npx that has not named itself", [TASK, SHELL, "node /usr/bin/npx -y deno@2.9.6 task listen ", "-bash "], 3],
    ["deno task with an option", ["deno -q task listen ", "-bash "], 1],
    ["deno task in a script that goes on", [TASK, "sh -c deno task listen :9000 & exit ", "-bash "], 1],
    ["a script", ["/bin/sh ./record.sh ", "npm exec something "], 0],
    ["setsid", ["setsid deno run main.ts listen ", "-bash "], 0],
    ["init", ["/sbin/init "], 0],
    ["nothing", [], 0],
  ] as const
) {
  Deno.test(`launchersAmong finds the launchers of a listener started by ${what}: ${count}`, () => {
    const all = ancestors.map((commandLine, index) => ({ pid: 100 - index, commandLine }));
    deepStrictEqual(launchersAmong(all), all.slice(0, count));
  });
}
