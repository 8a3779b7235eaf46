import type { z } from "zod";
import type { Contract, ErrorSchemas, Skill } from "../contract/index.ts";
import type { Artifacts, Conversation, ConversationOptions, Publisher } from "../durable/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { OnBehalf, Replay, Request, TaskMove, TraceContext } from "../pipeline/index.ts";
import type { Client, ClientOptions, Parent } from "./client.ts";
import { type Publish, publishWithin } from "./event-publish.ts";
import { insideClient } from "./inside-client.ts";
import { type KeptWithin, sideOf } from "./kept.ts";
import type { Logger } from "./logger.ts";

/** An end user on whose behalf a call is made, and what may be done in that name. */
export type EndUser = Pick<OnBehalf, "user" | "scopes" | "expiresAt">;

/** What a handler knows of the call it serves, and the means to make onward calls in its name. May be destructured. */
export interface Context<Errors extends ErrorSchemas = ErrorSchemas> {
  /** The caller's name, as the broker enforced it; of another workspace, `<workspace>/<agent>`. */
  readonly caller: string;
  /** The workspace that the caller is of, verified; undefined when it is our own. */
  readonly workspace: string | undefined;
  /** The call's id and idempotency key: the same on each attempt. */
  readonly id: string;
  /** 1 on the first. */
  readonly attempt: number;
  /** The agents the call has come through, the caller last. */
  readonly path: readonly string[];
  /** Aborted when the deadline passes or the caller gives up. Made on first use. */
  readonly signal: AbortSignal;
  /** Milliseconds left for the answer; of a stream, for the first frame. 0 when they are used up. */
  remainingMs(): number;
  /** The call's place in its trace. */
  readonly trace: TraceContext | undefined;
  /** On which end user's behalf the caller asks, verified; undefined when on nobody's. */
  readonly onBehalfOf: EndUser | undefined;
  /** The connection's logger, with the call's id, skill and trace id in each line. */
  readonly log: Logger;
  /** Of a task that somebody brought back, or whose time has come: why. Undefined for any other. */
  readonly moved: TaskMove | undefined;
  /** What it is a replay of, with the recording's place; undefined for what is asked in earnest. */
  readonly replay: Replay | undefined;
  /** The conversation that it belongs to, as the caller names it; undefined when the caller named none. */
  readonly conversationId: string | undefined;
  /**
   * This agent's side of the conversation that it is called in, or one by a name of its own. Two callers, and two
   * conversations of one caller, never share one. Throws `invalid_argument` where the caller named none and no id is given.
   */
  conversation(id?: string, options?: ConversationOptions): Conversation;
  /** What this agent makes and keeps; what is put here bears the task or call, and its trace. */
  readonly artifacts: Artifacts;
  /** Of a task: what the attempt before left with `checkpoint`. Undefined on the first, and in a call. */
  readonly left: unknown;
  /**
   * Tells the submitter of a task how far it is; while the store is away it waits, as long as the attempt may take. In
   * a call nobody is told.
   */
  progress(value: unknown): Promise<void>;
  /** Keeps something for the next attempt of a task, should this one fail; waits likewise. In a call nothing is kept. */
  checkpoint(value: unknown): Promise<void>;
  /** A client whose calls inherit deadline, signal, trace, path, and on whose behalf they are made. */
  client<C extends Contract>(contract: C, options?: ClientOptions): Client<C>;
  /** Tells an event of one's own contract, in the same trace. Name its id where the handler may run again. */
  readonly publish: Publish;
  /** Answers with an error that the skill declares. */
  fail<Name extends keyof Errors & string>(
    name: Name,
    data: z.input<Errors[Name]>,
    message?: string,
  ): never;
}

/** The handlers of a contract, typed from it: values for skills that answer, async iterables for those that stream. */
export type Handlers<C extends Contract> = {
  readonly [Name in keyof C["skills"]]: Handler<C["skills"][Name]>;
};

export type Handler<S extends Skill> = S["streams"] extends true
  ? (input: z.output<S["input"]>, ctx: Context<S["errors"]>) => AsyncIterable<z.input<S["output"]>>
  : (
      input: z.output<S["input"]>,
      ctx: Context<S["errors"]>,
    ) => z.input<S["output"]> | Promise<z.input<S["output"]>>;

/** What contexts of one connection share. */
export interface ContextParts {
  readonly now: () => number;
  readonly log: Logger;
  readonly client: <C extends Contract>(
    contract: C,
    parent: Parent,
    options?: ClientOptions,
  ) => Client<C>;
  readonly publish: Publisher["publish"];
  readonly kept: KeptWithin;
}

/** The context of one request. What costs something is made when it is asked for; nothing needs its `this`. */
export class RequestContext implements Context {
  readonly #request: Request;
  readonly #parts: ContextParts;

  constructor(request: Request, parts: ContextParts) {
    this.#request = request;
    this.#parts = parts;
  }

  get caller(): string {
    return this.#request.caller;
  }

  get workspace(): string | undefined {
    return this.#request.workspace;
  }

  get id(): string {
    return this.#request.id;
  }

  get attempt(): number {
    return this.#request.attempt;
  }

  get path(): readonly string[] {
    return this.#request.path.split(",");
  }

  get signal(): AbortSignal {
    return this.#request.signal.abortSignal;
  }

  get trace(): TraceContext | undefined {
    return this.#request.trace;
  }

  get onBehalfOf(): EndUser | undefined {
    const { onBehalf } = this.#request;
    if (onBehalf === undefined) return undefined;
    const { user, scopes, expiresAt } = onBehalf;
    return { user, scopes, expiresAt };
  }

  get log(): Logger {
    const { operation, id, trace, caller } = this.#request;
    return withFields(this.#parts.log, {
      skill: operation.key,
      caller,
      id,
      traceId: trace?.traceId,
    });
  }

  get remainingMs(): Context["remainingMs"] {
    return () => {
      const at = this.#request.signal.expiresAt;
      return at === undefined ? 0 : Math.max(0, at - this.#parts.now());
    };
  }

  get moved(): TaskMove | undefined {
    return this.#request.task?.moved;
  }

  get replay(): Replay | undefined {
    return this.#request.replay;
  }

  get conversationId(): string | undefined {
    return this.#request.conversation;
  }

  get conversation(): Context["conversation"] {
    return (id, options) => this.#parts.kept.conversationIn(this.#request, id, options);
  }

  get artifacts(): Artifacts {
    return this.#parts.kept.artifactsIn(this.#request);
  }

  get left(): unknown {
    return this.#request.task?.left;
  }

  get progress(): Context["progress"] {
    return (value) => this.#request.task?.progress(value) ?? Promise.resolve();
  }

  get checkpoint(): Context["checkpoint"] {
    return (value) => this.#request.task?.checkpoint(value) ?? Promise.resolve();
  }

  get client(): Context["client"] {
    return (contract, options) => {
      const { signal, path, trace, onBehalf, replay } = this.#request;
      if (replay !== undefined && !replay.onward) return insideClient(contract, replay);
      const conversation = sideOf(this.#request);
      const parent = { signal, path, trace, onBehalf, replay, conversation };
      return this.#parts.client(contract, parent, options);
    };
  }

  get publish(): Publish {
    return publishWithin(this.#request, this.#parts);
  }

  get fail(): Context["fail"] {
    return raise;
  }
}

function raise(name: string, data: unknown, message?: string): never {
  const detail = message === undefined ? name : `${name}: ${message}`;
  throw new MeshError(MeshCode.DomainError, detail, { domain: { name, data } });
}

function withFields(log: Logger, fields: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}
