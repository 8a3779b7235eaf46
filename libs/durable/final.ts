import { finalState, Header } from "@myelin/subjects";
import type { MeshError } from "../errors/index.ts";
import type { Signer } from "../identity/index.ts";
import { headerText, json, payloadOf } from "../wire/index.ts";
import { stateHeaders } from "./documents.ts";
import type { KnownTask } from "./known-task.ts";
import { envelopeHeaders } from "./signing.ts";
import type { Headers, Letterbox } from "./store.ts";

/** Whose final result it is. */
export interface FinalParts {
  readonly task: KnownTask;
  readonly attempt: number;
  readonly signer: Signer | undefined;
}

/** How long a signed result may wait to be stored, in milliseconds. */
const lifeMs = 600_000;

/** The handler's answer, written as a call's would be. */
export function answerOf(output: unknown, parts: FinalParts): Letterbox {
  const { operation, codec } = parts.task;
  const own = codec === operation.request ? operation.response : json;
  return final(parts, { payload: payloadOf(own, output), headers: [], type: own.contentType });
}

/** Why there is no answer: as a call's failure, so that plain clients can read it. */
export function failureOf(error: MeshError, parts: FinalParts): Letterbox {
  const { code, message, domain } = error;
  const headers: Headers = [
    [Header.error, code],
    [Header.serviceError, Buffer.from(headerText(message), "utf8").toString("latin1")],
  ];
  const payload = domain === undefined ? "" : JSON.stringify(domain);
  return final(parts, { payload, headers, type: json.contentType });
}

interface Body {
  readonly payload: Uint8Array | string;
  readonly headers: Headers;
  readonly type: string;
}

function final({ task, attempt, signer }: FinalParts, { payload, headers, type }: Body): Letterbox {
  const { id, submitter, operation } = task;
  const subject = task.states(finalState);
  const letter = { kind: "result", target: submitter, subject, id, contentType: type } as const;
  return {
    ...{ subject, payload },
    headers: [
      [Header.id, id],
      ...stateHeaders(operation.skill, attempt),
      [Header.contentType, type === json.contentType ? undefined : type],
      ...headers,
      ...envelopeHeaders({ ...letter, payload, lifeMs }, signer),
    ],
  };
}
