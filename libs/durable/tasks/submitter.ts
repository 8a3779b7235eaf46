import {
  laterConsumer,
  laterSubject,
  runningState,
  Store,
  taskConsumer,
  taskSubject,
} from "@myelin/subjects";
import { type Contract, check, declares, readDomainError } from "../../contract/index.ts";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
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
import { listSchedules } from "../later/listing.ts";
import type { Plan } from "../later/plan.ts";
import { type Schedule, scheduleOf } from "../later/schedule.ts";
import { resolveSchedule, type ScheduleOptions } from "../later/schedule-options.ts";
import { momentOf } from "../later/when.ts";
import type { Stored } from "../stored/answers.ts";
import { Signing } from "../stored/signing.ts";
import type { Headers, Letterbox, StoreAccess } from "../stored/store.ts";
import { storeLetter } from "../stored/storing.ts";
import { checkServer } from "../stored/version.ts";
import { cancelId, cancelLifeMs } from "./cancelling.ts";
import { statesOf } from "./documents.ts";
import { inputBody } from "./input-body.ts";
import {
  checkTaskId,
  resolveSubmit,
  type SubmitConfig,
  type SubmitOptions,
  within,
} from "./submit-options.ts";
import { refuseUnsuitable } from "./suitable.ts";
import { type Listeners, Takers } from "./takers.ts";
import { Task, type WaitOptions } from "./task.ts";
import { type TaskLetter, taskHeaders } from "./task-headers.ts";
import type { VerifyResult } from "./verifying-results.ts";

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

export interface SubmitterParts {
  readonly name: string;
  readonly link: Pick<Link, "isUp" | "maxPayload" | "onUp" | "subscribe" | "serverVersion">;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly claims: LargePayloads;
  readonly signer: () => Signer | undefined;
  /** Throws unless a final result is by whom it should be. */
  readonly verify: VerifyResult;
  readonly tracer: MeshTracer;
  readonly metrics: MeshMetrics;
}

/** Whose skill it is. */
export interface Target {
  readonly contract: Contract;
  readonly operation: Operation;
}

/** What a task is about. */
export interface Order<Options = unknown> extends Target {
  readonly input: unknown;
  readonly options: Options;
  readonly trace: TraceContext | undefined;
  /** The conversation it is submitted in. Default: none. */
  readonly conversation?: string | undefined;
  /** The replay that it is submitted in. Default: none. */
  readonly replay?: Replay | undefined;
}

/** An order on its way to the store. */
interface Handing {
  readonly about: Omit<Order, "options">;
  readonly trace: TraceContext | undefined;
  readonly config: SubmitConfig;
  readonly plan: Plan | undefined;
}

/** Stores tasks for other agents and follows what becomes of them. */
export class Submitter {
  readonly #parts: SubmitterParts;
  readonly #takers: Takers;
  readonly #signing: Signing;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
    this.#takers = new Takers(parts);
    this.#signing = new Signing(parts.signer);
  }

  /** Resolves when the task is stored; throws when it is not, or `unknown_outcome`. */
  async submit(order: Order<SubmitOptions | undefined>): Promise<Task> {
    const config = within(order.conversation, resolveSubmit(order.options));
    const { when, priority, id } = config;
    if (when === undefined) return this.task(order, id, await this.#send(order, config));
    const receipt = await this.#send(order, config, { does: "once", ...when, priority });
    return this.task(order, id, receipt, momentOf(when, new Date()));
  }

  /** Resolves when it is stored that keeper shall have it done again and again. */
  async schedule({ options, ...order }: Order<ScheduleOptions>): Promise<Schedule> {
    const { config: own, plan } = resolveSchedule(options);
    const config = within(order.conversation, own);
    const { id } = config;
    await this.#send(order, config, plan);
    const cancel = (): Promise<void> => this.#takeBack(order.operation, id);
    return scheduleOf({ id, plan, storedAt: new Date() }, cancel);
  }

  /** What this submitter has for later of a skill, as keeper has it. */
  schedules({ operation }: Target, options: WaitOptions = {}): AsyncIterable<Schedule> {
    return listSchedules(operation, options, {
      ...this.#parts,
      order: (id, plan) => this.#order(operation, id, plan),
      cancel: (id, isOnce) =>
        isOnce ? this.#cancel(operation, id) : this.#takeBack(operation, id),
    });
  }

  async #send(about: Omit<Order, "options">, config: SubmitConfig, plan?: Plan): Promise<Receipt> {
    const { tracer, metrics } = this.#parts;
    const { operation } = about;
    const trace = tracer.startSubmit(operation, config.id, about.trace);
    let failure: MeshError | undefined;
    try {
      return await this.#hand({ about, trace, config, plan });
    } catch (error) {
      failure = MeshError.from(error);
      throw error;
    } finally {
      metrics.task(operation).submit(failure?.code ?? "ok");
      tracer.end(trace, failure);
    }
  }

  async #hand({ about, trace, config, plan }: Handing): Promise<Receipt> {
    const { contract, operation, input, replay } = about;
    refuseUnsuitable(contract, operation);
    checkServer(this.#parts.link.serverVersion, plan === undefined ? "tasks" : "work for later");
    const { agent, skill, key } = operation;
    const schema = contract.skills[skill]?.input;
    if (schema !== undefined) check(schema, input, MeshCode.InvalidInput, `input of ${key}`);
    const { id, priority, deadlineMs: lifeMs } = config;
    const own = { agent, skill, priority, submitter: this.#parts.name };
    const isNow = plan === undefined;
    const subject = isNow ? taskSubject(own) : laterSubject(own);
    const { claims, link } = this.#parts;
    const isAgain = plan?.does === "again";
    const submitted = { operation, input, isAgain, config };
    const fitted = inputBody(submitted, { claims, maxPayload: link.maxPayload });
    // What fits is there already: waiting for nothing costs as much as writing it.
    const { payload, contentType } = "payload" in fitted ? fitted : await fitted;
    const takers = this.#takers.of(isNow ? taskConsumer(agent, priority) : laterConsumer);
    const letter = { subject, payload, contentType, id, operation, lifeMs, plan, replay };
    const made = this.#headers(letter, config, trace);
    const headers = made instanceof Promise ? await made : made;
    const { sequence, duplicate } = await this.#store({ subject, payload, headers }, config);
    const listeners = typeof takers === "string" ? takers : await takers;
    return Object.freeze({ id, stored: true, sequence, duplicate, listeners });
  }

  /** The handle of a task of this submitter, whichever process of it submitted it. */
  task({ contract, operation }: Target, id: string, receipt?: Receipt, dueAt?: Date): Task {
    checkTaskId(id);
    const skill = contract.skills[operation.skill];
    const what = `the result of task ${id} of ${operation.key}`;
    const parse = (output: unknown): unknown =>
      skill ? check(skill.output, output, MeshCode.InvalidOutput, what) : output;
    const cancel = (): Promise<void> =>
      this.#cancel(operation, id, receipt !== undefined && dueAt === undefined);
    // What a contract made from afar does not know is told as it is.
    const failure = (error: MeshError): MeshError =>
      declares(skill, error) ? readDomainError(error, skill, operation.key) : error;
    return new Task(this.#parts, { operation, id, receipt, dueAt, parse, failure, cancel });
  }

  #headers(
    letter: TaskLetter,
    config: SubmitConfig,
    trace: TraceContext | undefined,
  ): Headers | Promise<Headers> {
    const { name, signer } = this.#parts;
    return taskHeaders({ name, signer: signer(), signing: this.#signing }, letter, config, trace);
  }

  #store(letter: Letterbox, { signal, id }: SubmitConfig): Promise<Stored> {
    return storeLetter(this.#parts, { letter, signal, what: `submitting task ${id}` });
  }

  async #cancel(operation: Operation, id: string, isNow = false): Promise<void> {
    const { agent, skill } = operation;
    // Its agent may not have it yet.
    if (!isNow) await this.#takeBackUnbegun(operation, id);
    const subject = taskSubject({ agent, skill, priority: "high", submitter: this.#parts.name });
    const order = cancelId(id);
    const letter = { subject, payload: "", id: order, operation, lifeMs: cancelLifeMs };
    const config = resolveSubmit({ deadlineMs: cancelLifeMs });
    const headers = await this.#headers(letter, config, undefined);
    await this.#store({ subject, payload: "", headers }, config);
  }

  async #takeBackUnbegun(operation: Operation, id: string): Promise<void> {
    const { store, name } = this.#parts;
    const states = statesOf({ submitter: name, task: id, agent: operation.agent });
    if ((await store.last(Store.results, states(runningState))) !== undefined) return;
    try {
      await this.#takeBack(operation, id);
    } catch (error) {
      // Where nothing can be for later there is nothing to take back.
      if (!isMeshError(error, MeshCode.Unavailable)) throw error;
    }
  }

  #takeBack(operation: Operation, id: string): Promise<void> {
    return this.#order(operation, cancelId(id), { does: "cancel", id });
  }

  /** Tells keeper something that is no work. */
  async #order(operation: Operation, id: string, plan: Plan): Promise<void> {
    const { agent, skill } = operation;
    const subject = laterSubject({ agent, skill, submitter: this.#parts.name });
    checkServer(this.#parts.link.serverVersion, "work for later");
    const config = resolveSubmit({ deadlineMs: cancelLifeMs });
    const letter = { subject, payload: "", id, operation, lifeMs: cancelLifeMs, plan };
    const headers = await this.#headers(letter, config, undefined);
    await this.#store({ ...letter, headers }, config);
  }
}
