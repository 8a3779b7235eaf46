import type { Contract } from "../contract/index.ts";
import { givenUp } from "../durable/index.ts";
import type { EventArrival, Replay, Request, TaskMove, TraceContext } from "../pipeline/index.ts";
import type { Client, ClientOptions } from "./client.ts";
import { type ContextParts, RequestContext } from "./context.ts";
import { type Publish, publishWithin } from "./event-publish.ts";
import type { Logger } from "./logger.ts";

/** What a handler knows of the event it is given, and the means to go on from it. May be destructured. */
export interface EventContext {
  /** Who published it, as the broker enforced it. */
  readonly publisher: string;
  /** Its name in the publisher's contract. */
  readonly name: string;
  /** The same on each attempt, and when it was published twice: what is done for it is done once by this. */
  readonly id: string;
  /** When it happened; undefined when the publisher did not say. */
  readonly at: Date | undefined;
  /** What it is about; undefined when the publisher did not say. */
  readonly subject: string | undefined;
  /** CloudEvents' type and source. */
  readonly type: string;
  readonly source: string;
  /** Its place in the stream; undefined when it is heard live. */
  readonly sequence: number | undefined;
  /** 1 on the first. */
  readonly attempt: number;
  /** Heard live: how many before this one were dropped, because they came faster than they were handled. */
  readonly missed: number;
  /** Aborted when the attempt may not go on. Made on first use. */
  readonly signal: AbortSignal;
  /** Its place in its trace. */
  readonly trace: TraceContext | undefined;
  /** The connection's logger, with the event's id, kind and trace id in each line. */
  readonly log: Logger;
  /** Why it comes, of one that somebody brought back. Undefined for any other. */
  readonly moved: TaskMove | undefined;
  /** What it is a replay of; undefined for what is told in earnest. */
  readonly replay: Replay | undefined;
  /** A client whose calls inherit signal, trace and path. */
  client<C extends Contract>(contract: C, options?: ClientOptions): Client<C>;
  /** Tells an event of one's own, in the same trace. */
  readonly publish: Publish;
  /** Ends it without another attempt: it becomes a dead letter with this reason. */
  giveUp(why: string): never;
}

/** The context of one event. What costs something is made when it is asked for. */
export class HandledEvent implements EventContext {
  readonly #request: Request;
  readonly #event: EventArrival;
  readonly #parts: ContextParts;

  constructor(request: Request, event: EventArrival, parts: ContextParts) {
    this.#request = request;
    this.#event = event;
    this.#parts = parts;
  }

  get publisher(): string {
    return this.#request.caller;
  }

  get name(): string {
    return this.#event.name;
  }

  get id(): string {
    return this.#request.id;
  }

  get at(): Date | undefined {
    return this.#event.cloud.time;
  }

  get subject(): string | undefined {
    return this.#event.cloud.subject;
  }

  get type(): string {
    return this.#event.cloud.type;
  }

  get source(): string {
    return this.#event.cloud.source;
  }

  get sequence(): number | undefined {
    return this.#event.sequence;
  }

  get attempt(): number {
    return this.#request.attempt;
  }

  get missed(): number {
    return this.#event.missed;
  }

  get signal(): AbortSignal {
    return this.#request.signal.abortSignal;
  }

  get trace(): TraceContext | undefined {
    return this.#request.trace;
  }

  get log(): Logger {
    return this.#context.log;
  }

  get moved(): TaskMove | undefined {
    const { move } = this.#event;
    return move === undefined ? undefined : { why: move.why, generation: move.generation };
  }

  get replay(): Replay | undefined {
    return this.#request.replay;
  }

  get client(): EventContext["client"] {
    return this.#context.client;
  }

  get publish(): Publish {
    return publishWithin(this.#request, this.#parts);
  }

  get giveUp(): EventContext["giveUp"] {
    return raise;
  }

  get #context(): RequestContext {
    return new RequestContext(this.#request, this.#parts);
  }
}

function raise(why: string): never {
  throw givenUp(why);
}
