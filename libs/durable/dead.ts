import {
  deadSubject,
  Header,
  isToken,
  maxHeaderBytes,
  originPrefix,
  parseTaskSubject,
  StoreHeader,
} from "@myelin/subjects";
import type { MeshError } from "../errors/index.ts";
import type { Signer } from "../identity/index.ts";
import { headerText } from "../wire/index.ts";
import { type Delivery, readTaskHead } from "./delivery.ts";
import { envelopeHeaders, onceId } from "./signing.ts";
import type { Headers, Letterbox } from "./store.ts";

/** Why a message was given up, and by whom. */
export interface GivenUp {
  readonly agent: string;
  readonly instance: string;
  readonly error: MeshError;
  /** Whether a handler was run for it at least once. */
  readonly attempts: number;
  readonly signer: Signer | undefined;
}

/** How long a signed dead letter may wait to be stored, in milliseconds. */
const lifeMs = 600_000;

/**
 * The dead letter of a message: its bytes as they were, its headers under `Origin-`, and what became of it.
 *
 * Its subject takes one message only, so a step that is repeated writes nothing twice. A body so large that the
 * headers beside it find no room is cut, and says so: tasks of the library leave that room.
 */
export function deadLetter(delivery: Delivery, given: GivenUp, mostBytes: number): Letterbox {
  const { message, sequence, storedAt } = delivery;
  const { agent, instance, error, attempts, signer } = given;
  const id = readTaskHead(message.head).id;
  const task = id !== undefined && isToken(id) ? id : `seq-${sequence}`;
  const address = parseTaskSubject(message.subject);
  const skill = address.ok ? address.value.skill : "unknown";
  const subject = deadSubject({ kind: "task", agent, skill, task, generation: 0 });
  const facts = {
    ...{ attempts, instance, subject: message.subject, sequence },
    storedAt: storedAt.toISOString(),
    givenUpAt: new Date().toISOString(),
    ...(message.payload.length > mostBytes ? { cutFrom: message.payload.length } : {}),
  };
  const payload = message.payload.subarray(0, mostBytes);
  const contentType = "application/octet-stream";
  const letter = { kind: "dead", target: "*", subject, id: task, contentType, lifeMs } as const;
  const headers: Headers = [
    [StoreHeader.id, onceId()],
    [Header.id, task],
    [Header.error, error.code],
    [Header.serviceError, Buffer.from(headerText(error.message), "utf8").toString("latin1")],
    [Header.dead, JSON.stringify(facts)],
    ...envelopeHeaders({ ...letter, payload }, signer),
    ...originHeaders(message.head),
  ];
  return { subject, payload, headers };
}

/** Each line as it was, under another name: the store would act on some of them. */
function originHeaders(head: string): Headers {
  // Of a block that no client should send, what fits: the rest is not read either.
  return head
    .slice(0, maxHeaderBytes / 2)
    .split("\r\n")
    .slice(1)
    .flatMap((line): Headers => {
      const colon = line.indexOf(":");
      return colon < 1 ? [] : [[originPrefix + line.slice(0, colon), line.slice(colon + 1).trim()]];
    });
}
