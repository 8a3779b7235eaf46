import {
  Header,
  maxHeaderBytes,
  StoreHeader,
  storeApi,
  taskConsumer,
  taskSubject,
} from "@myelin/subjects";
import { type Contract, check } from "../contract/index.ts";
import { isMeshError, MeshCode, MeshError } from "../errors/index.ts";
import type { Signer } from "../identity/index.ts";
import type { Link } from "../nats/index.ts";
import type { Clock, Operation, TraceContext } from "../pipeline/index.ts";
import { formatTraceparent } from "../telemetry/index.ts";
import { json, payloadOf } from "../wire/index.ts";
import { envelopeHeaders, messageId } from "./signing.ts";
import type { Headers, Put, StoreAccess } from "./store.ts";
import {
  checkTaskId,
  resolveSubmit,
  type SubmitConfig,
  type SubmitOptions,
} from "./submit-options.ts";
import { Task } from "./task.ts";
import { checkServer } from "./version.ts";

/** What is known once a task is stored. */
export interface Receipt {
  readonly id: string;
  /** On the broker's disk: no process that dies takes it away. */
  readonly stored: true;
  /** Its place in the stream of tasks. */
  readonly sequence: number;
  /** Whether this task had been stored before, by this submitter: it is the same one. */
  readonly duplicate: boolean;
  /** Whether anybody takes this agent's tasks now. `unknown` when the store did not say in time. */
  readonly listeners: Listeners;
}

export type Listeners = "some" | "none" | "unknown";

export interface SubmitterParts {
  readonly name: string;
  readonly link: Pick<Link, "isUp" | "maxPayload" | "onUp" | "subscribe" | "serverVersion">;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly signer: () => Signer | undefined;
}

/** Whose skill it is. */
export interface Target {
  readonly contract: Contract;
  readonly operation: Operation;
}

/** What a task is about. */
export interface Order extends Target {
  readonly input: unknown;
  readonly options: SubmitOptions | undefined;
  readonly trace: TraceContext | undefined;
}

/** How long one try waits for the store, and all of them together, in milliseconds. */
const tryMs = 2_500;
const allTriesMs = 12_000;
const pauseMs = 200;
/** How long it is believed that somebody listens, in milliseconds. */
const freshMs = 1_000;

/** Stores tasks for other agents and follows what becomes of them. */
export class Submitter {
  readonly #parts: SubmitterParts;
  readonly #heard = new Map<string, { readonly at: number; readonly found: Promise<Listeners> }>();

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
  }

  /** Resolves when the task is stored; throws when it is not, or `unknown_outcome`. */
  async submit({ contract, operation, input, options, trace }: Order): Promise<Task> {
    refuseUnsuitable(contract, operation);
    checkServer(this.#parts.link.serverVersion);
    const config = resolveSubmit(options);
    const { agent, skill, key } = operation;
    const schema = contract.skills[skill]?.input;
    if (schema !== undefined) check(schema, input, MeshCode.InvalidInput, `input of ${key}`);
    const { id, priority } = config;
    const subject = taskSubject({ agent, skill, priority, submitter: this.#parts.name });
    const payload = payloadOf(operation.request, input);
    checkSize(key, payload, this.#parts.link.maxPayload);
    const listeners = this.#listeners(agent, priority);
    const letter = { subject, payload, id, operation, lifeMs: config.deadlineMs };
    const headers = this.#headers(letter, config, trace);
    const put = await this.#store({ subject, payload, headers }, config);
    const receipt: Receipt = Object.freeze({
      ...{ id, stored: true, sequence: put.sequence, duplicate: put.duplicate },
      listeners: await listeners,
    });
    return this.task({ contract, operation }, id, receipt);
  }

  /** The handle of a task of this submitter, whichever process of it submitted it. */
  task({ contract, operation }: Target, id: string, receipt?: Receipt): Task {
    checkTaskId(id);
    const schema = contract.skills[operation.skill]?.output;
    const what = `the result of task ${id} of ${operation.key}`;
    const parse = (output: unknown): unknown =>
      schema === undefined ? output : check(schema, output, MeshCode.InvalidOutput, what);
    const cancel = (): Promise<void> => this.#cancel(operation, id);
    return new Task({ ...this.#parts, cancel }, { operation, id, receipt, parse });
  }

  #headers(letter: Letter, config: SubmitConfig, trace: TraceContext | undefined): Headers {
    const { operation, id, subject, payload, lifeMs } = letter;
    const signer = this.#parts.signer();
    const { contentType } = operation.request;
    const target = operation.agent;
    const about = { kind: "task", target, subject, id, contentType, payload, lifeMs } as const;
    return [
      [StoreHeader.id, messageId(`${operation.agent} ${this.#parts.name} ${id}`, signer)],
      [Header.id, id],
      [Header.timeout, Math.ceil(config.deadlineMs)],
      [Header.contract, operation.version],
      [Header.traceparent, trace === undefined ? undefined : formatTraceparent(trace)],
      [Header.contentType, contentType === json.contentType ? undefined : contentType],
      ...envelopeHeaders(about, signer),
    ];
  }

  /** Tries again while the outcome is not known, or nobody leads: the id keeps it from being stored twice. */
  async #store(
    message: Parameters<StoreAccess["put"]>[0],
    { signal, id }: SubmitConfig,
  ): Promise<Extract<Put, { is: "stored" }>> {
    const { clock, store } = this.#parts;
    const until = clock.now() + allTriesMs;
    for (;;) {
      if (signal?.aborted === true) throw gaveUp(id, signal);
      try {
        const put = await store.put(message, Math.min(tryMs, until - clock.now()));
        if (put.is === "stored") return put;
        throw new MeshError(MeshCode.Internal, `${message.subject}: refused as outdated`);
      } catch (error) {
        if (!this.#mayPass(MeshError.from(error)) || clock.now() + pauseMs >= until) throw error;
        await new Promise<void>((resolve) => void clock.schedule(pauseMs, resolve));
      }
    }
  }

  /** A stream that nobody has made does not come by waiting; a broker that restarts, or a leader, does. */
  #mayPass({ code, retryAfterMs }: MeshError): boolean {
    if (code === MeshCode.UnknownOutcome || retryAfterMs !== undefined) return true;
    return code === MeshCode.Unavailable && !this.#parts.link.isUp;
  }

  /** Asked at most once a second for each consumer: submitting a burst costs one question. */
  #listeners(agent: string, priority: SubmitConfig["priority"]): Promise<Listeners> {
    const { clock } = this.#parts;
    const { stream, consumer } = taskConsumer(agent, priority);
    const known = this.#heard.get(consumer);
    if (known !== undefined && clock.now() - known.at < freshMs) return known.found;
    const found = this.#parts.store
      .api(storeApi.consumerInfo(stream, consumer), freshMs)
      .then(listenersOf)
      // No consumer, no worker; silence says nothing.
      .catch(
        (error: unknown): Listeners =>
          isMeshError(error, MeshCode.Unavailable) ? "none" : "unknown",
      );
    this.#heard.set(consumer, { at: clock.now(), found });
    return found;
  }

  async #cancel(operation: Operation, id: string): Promise<void> {
    const { agent, skill } = operation;
    const subject = taskSubject({ agent, skill, priority: "high", submitter: this.#parts.name });
    const order = cancelId(id);
    const letter = { subject, payload: "", id: order, operation, lifeMs: cancelLifeMs };
    const config = resolveSubmit({ deadlineMs: cancelLifeMs });
    const headers = this.#headers(letter, config, undefined);
    await this.#store({ subject, payload: "", headers }, config);
  }
}

interface Letter {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly id: string;
  readonly operation: Operation;
  readonly lifeMs: number;
}

/** How long a cancellation is worth doing, in milliseconds. */
const cancelLifeMs = 7 * 86_400_000;
const cancelPrefix = "cancel:";

/** The id of the order that cancels a task; no task has it, since it is no token. */
export function cancelId(task: string): string {
  return cancelPrefix + task;
}

/** The task that an order cancels; undefined when it is a task itself. */
export function cancelledBy(id: string): string | undefined {
  return id.startsWith(cancelPrefix) ? id.slice(cancelPrefix.length) : undefined;
}

/** A worker waits in a pull, or holds what it has not acknowledged. */
function listenersOf(info: Readonly<Record<string, unknown>>): Listeners {
  const { num_waiting, num_ack_pending } = info;
  return Number(num_waiting) > 0 || Number(num_ack_pending) > 0 ? "some" : "none";
}

function refuseUnsuitable(contract: Contract, operation: Operation): void {
  const { skill, key, streams, sealed, workspace } = operation;
  const demandsUser = contract.skills[skill]?.demandsUser === true;
  const why =
    workspace !== undefined
      ? "tasks stay within a workspace"
      : streams
        ? "it streams; a task has one result, and tells its progress beside"
        : sealed
          ? "it is sealed for one instance, and nobody knows which one will take it"
          : demandsUser
            ? "it demands an end user, whose token would expire while the task waits"
            : undefined;
  if (why === undefined) return;
  throw new MeshError(MeshCode.InvalidArgument, `${key} cannot be submitted as a task: ${why}`);
}

/** Room is left for headers: those of the task, and those it has as a dead letter. */
function checkSize(key: string, payload: Uint8Array | string, limit: number): void {
  const size = Buffer.byteLength(payload);
  const most = limit - maxHeaderBytes;
  if (size <= most) return;
  const detail = `${key}: a task of ${size} bytes, at most ${most}; send less, or a reference to it`;
  throw new MeshError(MeshCode.PayloadTooLarge, detail);
}

function gaveUp(id: string, { reason }: AbortSignal): MeshError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new MeshError(MeshCode.Cancelled, `submitting task ${id} was given up: ${why}`);
}
