import { finalState, Header } from "@myelin/subjects";
import type { MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import type { Operation } from "../../pipeline/index.ts";
import { headerText, json, payloadOf } from "../../wire/index.ts";
import { stateHeaders } from "../attempts/running.ts";
import type { Body } from "../claims/bodies.ts";
import { envelopeHeaders, type Signable, type Signing } from "../stored/signing.ts";
import type { Headers, OutMessage } from "../stored/store.ts";
import type { KnownTask } from "../work/known-task.ts";
import { generationHeaders } from "./generation.ts";
import type { Fit } from "./result-body.ts";

/** Whose final result it is. */
export interface FinalParts<Task = KnownTask> {
  readonly task: Task;
  readonly attempt: number;
  /** How often the task was redriven before. */
  readonly generation: number;
  readonly signer: Signer | undefined;
  /** Signs answers that come at once together. Default: each by itself. */
  readonly signing?: Signing;
}

/** What of a task names its final result. */
export type EndedTask = Pick<KnownTask, "id" | "submitter" | "states"> & {
  readonly operation: Pick<Operation, "skill">;
};

/** The handler's answer, written as a call's would be; `fit` brings it down to what a message takes. */
export async function answerOf(output: unknown, parts: FinalParts, fit: Fit): Promise<OutMessage> {
  const { operation, codec } = parts.task;
  const own = codec === operation.request ? operation.response : json;
  const body = await fit({ payload: payloadOf(own, output), contentType: own.contentType });
  const signable = signableOf(parts, body);
  const signed = parts.signing?.headers(signable) ?? envelopeHeaders(signable, parts.signer);
  return final(parts, { ...body, headers: await signed });
}

/** Why there is no answer: as a call's failure, so that plain clients can read it. */
export function failureOf(error: MeshError, parts: FinalParts<EndedTask>): OutMessage {
  const { code, message, domain } = error;
  const headers: Headers = [
    [Header.error, code],
    [Header.serviceError, Buffer.from(headerText(message), "utf8").toString("latin1")],
  ];
  const payload = domain === undefined ? "" : JSON.stringify(domain);
  const body = { payload, contentType: json.contentType };
  const signed = envelopeHeaders(signableOf(parts, body), parts.signer);
  return final(parts, { ...body, headers: [...headers, ...signed] });
}

interface Said extends Body {
  readonly headers: Headers;
}

function signableOf({ task }: FinalParts<EndedTask>, { payload, contentType }: Body): Signable {
  const { id, submitter: target, states } = task;
  return { kind: "result", target, subject: states(finalState), id, contentType, payload };
}

function final(parts: FinalParts<EndedTask>, { payload, headers, contentType }: Said): OutMessage {
  const { task, attempt, generation } = parts;
  const { id, operation, states } = task;
  return {
    ...{ subject: states(finalState), payload },
    headers: [
      [Header.id, id],
      ...stateHeaders(operation.skill, attempt),
      ...generationHeaders(generation),
      [Header.contentType, contentType === json.contentType ? undefined : contentType],
      ...headers,
    ],
  };
}
