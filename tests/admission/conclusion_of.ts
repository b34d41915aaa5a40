/** Decodes captured CONCLUSIONs, and makes other CONCLUSIONs from one. */
import { type Conclusion, decodeConclusion } from "../../mod/packet/conclusion.ts";
import { bytes, CONCLUSION_PLAIN } from "../fixtures/handshakes.ts";

export function conclusionOf(hexadecimal: string): Conclusion {
  const conclusion = decodeConclusion(bytes(hexadecimal));
  if (conclusion.kind === "malformed") throw new Error(`cannot decode a fixture: ${conclusion.text}`);
  return conclusion;
}

/** The fixed part of CONCLUSION_PLAIN with another extension field and other blocks. */
export function conclusionWith(extension: number, blocks: string): string {
  const field = extension.toString(16).padStart(4, "0");
  return CONCLUSION_PLAIN.slice(0, 44) + field + CONCLUSION_PLAIN.slice(48, 128) + blocks;
}

/** CONCLUSION_PLAIN as a caller before SRT 1.3 sends it: version 4, no blocks. */
export const CONCLUSION_HSV4 = CONCLUSION_PLAIN.slice(0, 32) + "0000000400000002" + CONCLUSION_PLAIN.slice(48, 128);
