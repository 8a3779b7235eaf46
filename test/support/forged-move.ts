import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { headers } from "@nats-io/transport-node";
import { type Move, moved, type Original } from "../../libs/durable/index.ts";
import { parseCredentials } from "../../libs/identity/index.ts";
import { patient } from "./dial.ts";
import type { HomeMesh } from "./home-mesh.ts";
import { joinPlain } from "./stores.ts";

/** What a message is before it is sent. */
export interface Forged {
  subject: string;
  payload: Uint8Array;
  readonly head: Map<string, string>;
}

/** A move as somebody with these credentials makes it; `twist` changes it after it was signed. */
export async function forgeMove(
  home: HomeMesh,
  original: Original,
  how: Move,
  twist: (forged: Forged) => void = () => {},
): Promise<void> {
  const signer = parseCredentials(readFileSync(home.creds(how.mover), "utf8"));
  const letter = moved(original, how, signer);
  const head = new Map(letter.headers.map(([name, value]) => [name, String(value)]));
  // What was sent a moment ago is sent again: it is the worker that has to judge.
  head.set("Nats-Msg-Id", `${Math.random()}`);
  const forged = { subject: letter.subject, payload: Buffer.from(letter.payload), head };
  twist(forged);
  const nc = await joinPlain(home, how.mover);
  const lines = headers();
  for (const [name, value] of forged.head) lines.set(name, value);
  const answer = await nc.request(forged.subject, forged.payload, {
    ...patient,
    headers: lines,
  });
  assert.equal(answer.json<{ error?: unknown }>().error, undefined, answer.string());
  await nc.close();
}
