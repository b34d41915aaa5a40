import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  controlName,
  controlPlace,
  lastSessionNumber,
  sessionName,
  sessionNumber,
} from "../../mod/handoff/control_name.ts";

const CONTROL = controlName({ uid: 1000, address: "192.0.2.7", port: 9000 });

Deno.test("controlName differs for users, addresses and ports", () => {
  const others = [
    controlName({ uid: 1001, address: "192.0.2.7", port: 9000 }),
    controlName({ uid: 1000, address: "*", port: 9000 }),
    controlName({ uid: 1000, address: "192.0.2.7", port: 90 }),
  ];
  strictEqual(new Set([CONTROL, ...others]).size, 4);
});

Deno.test("sessionNumber returns the number of an ID, and null for other texts and for a number of ten digits", () => {
  deepStrictEqual(["s12", "s", "12", "s1234567890", "s1/"].map(sessionNumber), [12, null, null, null, null]);
});

Deno.test("lastSessionNumber returns the largest number of the sessions of one control socket", () => {
  const other = controlName({ uid: 1000, address: "192.0.2.7", port: 90 });
  const names = [CONTROL, ...["s3", "s12", "x", "s9999999999"].map((id) => sessionName(CONTROL, id))];
  strictEqual(lastSessionNumber(CONTROL, [...names, sessionName(other, "s99")]), 12);
  strictEqual(lastSessionNumber(CONTROL, []), 0);
});

Deno.test("controlPlace returns the user ID, the address and the port in the name of a control socket, and null for other names", () => {
  const place = { uid: 1000, address: "::1", port: 9000 };
  deepStrictEqual(controlPlace(controlName(place)), place);
  deepStrictEqual([sessionName(CONTROL, "s1"), "srt-splitter/2/0/*/9000", ""].map(controlPlace), [null, null, null]);
});
