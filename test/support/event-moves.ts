import { readFileSync } from "node:fs";
import { eventSubject, movedEventSubject, Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { wrapMoved } from "../../libs/durable/dead/moved.ts";
import type { Original } from "../../libs/durable/index.ts";
import { parseCredentials } from "../../libs/identity/index.ts";
import { putEvent } from "./event-facts.ts";
import type { HomeMesh } from "./home-mesh.ts";
import { joinPlain, joinStore } from "./stores.ts";

/** How an event is brought back, honestly or not. */
export interface EventMoving {
  readonly mover: string;
  /** Under whose credentials the subject is written. Default: the mover's. */
  readonly as?: string;
  readonly isSigned?: boolean;
  readonly generation?: number;
  readonly why?: "redrive" | "replay" | "later";
  readonly original?: (original: Original) => Original;
  readonly body?: string;
}

/** The stored event of this number. */
export async function storedEvent(home: HomeMesh, sequence: number): Promise<Original> {
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const found = await jsm.streams.getMessage(Store.events, { seq: sequence });
  await keeper.close();
  if (found === null) throw new TypeError(`there is no event ${sequence}`);
  const lines = [...found.header].flatMap(([name, values]) =>
    values.map((one) => `${name}: ${one}`),
  );
  return {
    ...{ subject: found.subject, sequence, payload: found.data, storedAt: found.time },
    head: `NATS/1.0\r\n${lines.join("\r\n")}\r\n\r\n`,
  };
}

/** Brings an event back to crm's subscription `users`. */
export async function moveEvent(
  home: HomeMesh,
  sequence: number,
  { mover, as = mover, isSigned = true, generation = 1, why = "redrive", ...twist }: EventMoving,
): Promise<void> {
  const found = await storedEvent(home, sequence);
  const original = twist.original?.(found) ?? found;
  const subject = movedEventSubject({ agent: "crm", follow: "users", mover: as });
  const signer = isSigned ? parseCredentials(readFileSync(home.creds(mover), "utf8")) : undefined;
  const wrapping = { why, id: `${sequence}-x`, generation, subject, to: "crm" };
  const { payload, headers } = wrapMoved(original, wrapping, signer);
  const lines = Object.fromEntries(
    headers.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  const nc = await joinPlain(home, as);
  try {
    await putEvent(nc, subject, twist.body ?? Buffer.from(payload), lines);
  } finally {
    await nc.close();
  }
}

/** The subject of an event of `accounts`. */
export const accountsEvent = (name: string): string =>
  eventSubject({ publisher: "accounts", name });
