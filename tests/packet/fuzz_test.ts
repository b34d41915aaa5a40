/**
 * Mutated packets for the whole codec: no exception, bounded time, consistent results.
 *
 * The seed is fixed, so that a run can be repeated. The message of a failure has the seed, the round and the packet.
 */
import { ok, strictEqual } from "node:assert/strict";
import { type Conclusion, decodeConclusion } from "../../mod/packet/conclusion.ts";
import { decodeExtensions, encodeExtensions } from "../../mod/packet/extension.ts";
import { decodeHandshake, encodeHandshake } from "../../mod/packet/handshake.ts";
import { classifyDatagram } from "../../mod/packet/header.ts";
import { decodeKeyMaterial, encodeKeyMaterial } from "../../mod/packet/kmreq.ts";
import { isMalformed } from "../../mod/packet/malformed.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import * as fixtures from "../fixtures/handshakes.ts";
import { doInTime } from "../support/in_time.ts";
import { mutate, randomFrom } from "../support/mutation.ts";

const SEED = 0x5eed;
const ROUNDS = 120_000;

/** Far more than any packet needs. It finds work that grows faster than the size of the packet. */
const MAX_MS_PER_PACKET = 250;

const PACKETS: readonly Uint8Array[] = Object.values(fixtures)
  .filter((value) => typeof value === "string" && value.startsWith("80000000"))
  .map((digits) => fixtures.bytes(String(digits)));

function checkConclusion(conclusion: Conclusion, datagram: Uint8Array): void {
  // HSv4 has no blocks, whatever bytes follow.
  const extensions = conclusion.hsVersion === 4 ? { blocks: [] } : decodeExtensions(datagram.subarray(64));
  ok(!isMalformed(extensions), "a CONCLUSION was decoded from invalid blocks");
  if (conclusion.hsVersion === 5 && extensions.blocks.length === 0) return; // only padding, which is not encoded
  const encoded = encodeHandshake(conclusion.handshake, encodeExtensions(extensions.blocks));
  const again = decodeConclusion(encoded);
  // JSON compares all fields; the order of keys is always the same.
  strictEqual(
    JSON.stringify(again),
    JSON.stringify(conclusion),
    "decoding the encoded CONCLUSION returns another value",
  );
  if (conclusion.keyMaterial !== null) {
    const material = decodeKeyMaterial(encodeKeyMaterial(conclusion.keyMaterial));
    strictEqual(JSON.stringify(material), JSON.stringify(conclusion.keyMaterial), "key material changed");
  }
  const { form, name, text, masked } = parseStreamId(conclusion.streamId);
  strictEqual(form === "malformed", text !== null, "a reason is given exactly when the stream ID is malformed");
  ok(name !== "", "a name is empty");
  ok(!/\p{Cc}/u.test(masked ?? ""), "a control character is shown");
}

function checkPacket(datagram: Uint8Array): "handshake" | "conclusion" | "malformed" {
  const before = fixtures.hex(datagram);
  const kind = classifyDatagram(datagram);
  const handshake = decodeHandshake(datagram);
  const conclusion = decodeConclusion(datagram);
  strictEqual(fixtures.hex(datagram), before, "the datagram was written to");
  strictEqual(kind === "handshake", handshake.kind === "handshake", "classification and decoder disagree");
  if (handshake.kind === "handshake") {
    const fixed = datagram.slice(0, 64);
    fixed.fill(0, 4, 8);
    strictEqual(fixtures.hex(encodeHandshake(handshake)), fixtures.hex(fixed), "the fixed part changed");
  }
  if (conclusion.kind === "conclusion") {
    checkConclusion(conclusion, datagram);
    return "conclusion";
  }
  ok(conclusion.text !== "", "the text of Malformed is empty");
  return handshake.kind === "handshake" ? "handshake" : "malformed";
}

Deno.test(`the codec is consistent for ${ROUNDS} mutated packets`, () => {
  const random = randomFrom(SEED);
  const counts = { handshake: 0, conclusion: 0, malformed: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const datagram = mutate(PACKETS[round % PACKETS.length] ?? new Uint8Array(0), random);
    try {
      counts[doInTime(MAX_MS_PER_PACKET, () => checkPacket(datagram))]++;
    } catch (cause) {
      throw new Error(`inconsistent: seed ${SEED}, round ${round}, packet ${fixtures.hex(datagram)}`, { cause });
    }
  }
  // Each outcome must be frequent: otherwise most of the mutated packets take the same path.
  ok(Math.min(...Object.values(counts)) > ROUNDS / 20, `too few of one outcome: ${JSON.stringify(counts)}`);
});

Deno.test("decodeConclusion decodes the largest datagram in bounded time", () => {
  const head = fixtures.bytes(fixtures.CONCLUSION_PLAIN);
  for (const filler of [0x00, 0x01, 0x7f, 0xff]) {
    const datagram = new Uint8Array(65_507).fill(filler);
    datagram.set(head);
    doInTime(MAX_MS_PER_PACKET, () => decodeConclusion(datagram));
  }
});
