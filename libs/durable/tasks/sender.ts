import { laterConsumer, laterSubject, taskConsumer, taskSubject } from "@myelin/subjects";
import { type Contract, check } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import type { Link } from "../../nats/index.ts";
import type {
  Clock,
  LargePayloads,
  Operation,
  Replay,
  TraceContext,
} from "../../pipeline/index.ts";
import type { MeshMetrics, MeshTracer } from "../../telemetry/index.ts";
import type { Body } from "../claims/bodies.ts";
import type { Plan } from "../later/plan.ts";
import { Signing } from "../stored/signing.ts";
import type { OutMessage, StoreAccess } from "../stored/store.ts";
import { storeMessage } from "../stored/storing.ts";
import { checkServer } from "../stored/version.ts";
import { cancelLifeMs } from "./cancelling.ts";
import { inputBody } from "./input-body.ts";
import type { SubmitConfig } from "./submit-options.ts";
import { refuseUnsuitable } from "./suitable.ts";
import { type Listeners, Takers } from "./takers.ts";
import { type TaskMessage, writeTask } from "./task-message.ts";

/** What is known once a task is stored. */
export interface Receipt {
  readonly id: string;
  /** On the broker's disk: no process that dies takes it away. */
  readonly stored: true;
  /** Its place in the stream of tasks. */
  readonly sequence: number;
  /**
   * Whether this submitter had stored the same id in the two minutes before: this was not stored again. Of one that is
   * older nothing is told here; it is still the same task, and its result, or its end, is that of the first.
   */
  readonly duplicate: boolean;
  /** Whether anybody takes this agent's tasks now. `unknown` when the store did not say in time. */
  readonly listeners: Listeners;
}

export interface SenderParts {
  readonly name: string;
  readonly link: Pick<Link, "isUp" | "maxPayload" | "serverVersion">;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly claims: LargePayloads;
  readonly signer: () => Signer | undefined;
  readonly tracer: MeshTracer;
  readonly metrics: MeshMetrics;
}

/** Whose skill it is. */
export interface Target {
  readonly contract: Contract;
  readonly operation: Operation;
}

/** What is submitted. */
export interface Submission extends Target {
  readonly input: unknown;
  readonly trace: TraceContext | undefined;
  /** The conversation it is submitted in. Default: none. */
  readonly conversation?: string | undefined;
  /** The replay that it is submitted in. Default: none. */
  readonly replay?: Replay | undefined;
}

/** How it is submitted: at once, or by keeper's hand as a plan says. */
export interface Sending {
  readonly config: SubmitConfig;
  readonly plan?: Plan | undefined;
}

/** Puts into the store what a submitter has to say: tasks, now and for later, and what is no work. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #takers: Takers;
  readonly #signing: Signing;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#takers = new Takers(parts);
    this.#signing = new Signing(parts.signer);
  }

  /** Resolves when the task is stored; throws when it is not, or `unknown_outcome`. */
  async send(submission: Submission, sending: Sending): Promise<Receipt> {
    const { tracer, metrics } = this.#parts;
    const { operation } = submission;
    const trace = tracer.startSubmit(operation, sending.config.id, submission.trace);
    let failure: MeshError | undefined;
    try {
      return await this.#send(submission, sending, trace);
    } catch (error) {
      failure = MeshError.from(error);
      throw error;
    } finally {
      metrics.task(operation).submit(failure?.code ?? "ok");
      tracer.end(trace, failure);
    }
  }

  /** Tells the agent, or keeper where there is a plan, something that is no work. */
  async tell(operation: Operation, { id, plan }: Notice): Promise<void> {
    const { agent, skill } = operation;
    const own = { agent, skill, submitter: this.#parts.name };
    const subject =
      plan === undefined ? taskSubject({ ...own, priority: "high" }) : laterSubject(own);
    const notice = { subject, payload: "", id, operation, plan, deadlineMs: cancelLifeMs };
    const message = await this.#write(notice);
    const what = `telling ${agent} ${id}`;
    await storeMessage(this.#parts, { message, signal: undefined, what });
  }

  async #send(submission: Submission, sending: Sending, trace: TraceContext): Promise<Receipt> {
    const { agent } = submission.operation;
    const { id, priority, signal } = sending.config;
    const made = this.#message(submission, sending, trace);
    const isNow = sending.plan === undefined;
    const takers = this.#takers.of(isNow ? taskConsumer(agent, priority) : laterConsumer);
    // Waiting for what is there already costs as much as writing it.
    const message = made instanceof Promise ? await made : made;
    const what = `submitting task ${id}`;
    const { sequence, duplicate } = await storeMessage(this.#parts, { message, signal, what });
    const listeners = typeof takers === "string" ? takers : await takers;
    return Object.freeze({ id, stored: true, sequence, duplicate, listeners });
  }

  /** Apart from `#send`: what a function that waits has named lives until the store has answered. */
  #message(
    { contract, operation, input, replay }: Submission,
    { config, plan }: Sending,
    trace: TraceContext,
  ): OutMessage | Promise<OutMessage> {
    const { link, name: submitter } = this.#parts;
    refuseUnsuitable(contract, operation);
    checkServer(link.serverVersion, plan === undefined ? "tasks" : "work for later");
    const { agent, skill, key: name } = operation;
    const schema = contract.skills[skill]?.input;
    if (schema !== undefined) check(schema, input, MeshCode.InvalidInput, `input of ${name}`);
    const { id, priority, deadlineMs, key, conversation } = config;
    const own = { agent, skill, priority, submitter };
    const subject = plan === undefined ? taskSubject(own) : laterSubject(own);
    const write = ({ payload, contentType }: Body) =>
      this.#write({
        subject,
        payload,
        contentType,
        id,
        operation,
        deadlineMs,
        key,
        conversation,
        plan,
        replay,
        trace,
      });
    const isAgain = plan?.does === "again";
    const body = inputBody({ operation, input, isAgain, config }, this.#parts);
    return body instanceof Promise ? body.then(write) : write(body);
  }

  #write(task: TaskMessage): OutMessage | Promise<OutMessage> {
    const { name, signer } = this.#parts;
    return writeTask({ name, signer: signer(), signing: this.#signing }, task);
  }
}

/** Something that is no work: a cancellation, or what is asked of keeper. */
interface Notice {
  readonly id: string;
  /** What keeper is asked. Default: it is told the agent. */
  readonly plan?: Plan;
}
