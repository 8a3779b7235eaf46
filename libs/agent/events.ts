import { eventSubject } from "@myelin/subjects";
import type { z } from "zod";
import { type Contract, token } from "../contract/index.ts";
import {
  bringing,
  EventCheck,
  type EventWork,
  eventData,
  eventOperation,
  Follower,
  type FollowOptions,
  Hearer,
  type HearOptions,
  kindOf,
  Publisher,
  resolveFollow,
  resolveHear,
} from "../durable/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Signer } from "../identity/index.ts";
import type { Link } from "../nats/index.ts";
import {
  type Abortable,
  compose,
  onAbort,
  type Request,
  type Serve,
  type Wheel,
} from "../pipeline/index.ts";
import { handler } from "../serve/handler.ts";
import { trace } from "../serve/trace.ts";
import type { Caller } from "./caller.ts";
import { drainTime } from "./closing.ts";
import type { ContextParts } from "./context.ts";
import { type EventContext, HandledEvent } from "./event-context.ts";
import type { Publish } from "./event-publish.ts";
import type { Kept } from "./kept.ts";
import type { ConnectConfig } from "./options.ts";
import { logFailure } from "./reports.ts";

/** What is done with events of one kind. Make it with `on`. */
export interface EventHandling {
  readonly contract: Contract;
  readonly name: string;
  readonly handler: (data: unknown, ctx: EventContext) => unknown;
}

/** What is done with an event of a contract, typed from it. */
export type EventHandler<C extends Contract, Name extends keyof C["events"]> = (
  data: z.output<C["events"][Name]["data"]>,
  ctx: EventContext,
) => unknown;

/** Names the events of one kind, and what is done with them; for `mesh.follow`. */
export function on<C extends Contract, Name extends keyof C["events"] & string>(
  contract: C,
  name: Name,
  handler: EventHandler<C, Name>,
): EventHandling {
  kindOf(contract, name);
  if (typeof handler !== "function") {
    const detail = `on ${contract.name}.${name}: the handler must be a function, got ${typeof handler}`;
    throw new MeshError(MeshCode.InvalidArgument, detail);
  }
  return Object.freeze({ contract, name, handler: handler as EventHandling["handler"] });
}

/** A subscription to events, until it is stopped. */
export interface Subscribed extends AsyncDisposable {
  /** Takes nothing new, and waits for what runs, so many milliseconds at most. Default: 20000. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
}

export interface EventsParts {
  readonly config: ConnectConfig;
  readonly link: Link;
  readonly wheel: Wheel;
  readonly instance: string;
  readonly caller: Caller;
  readonly kept: Kept;
}

/** What one connection publishes, hears and follows. */
export class Events {
  /** What handlers get, of events and of calls alike. */
  readonly context: ContextParts;
  readonly #parts: EventsParts;
  readonly #publisher: Publisher;
  readonly #open = new Set<(timeoutMs: number) => Promise<void>>();
  readonly #names = new Set<string>();

  constructor(parts: EventsParts) {
    this.#parts = parts;
    const { config, link, caller } = parts;
    const { name, clock, metrics, logger: log } = config;
    const signer = (): Signer | undefined => caller.identity.signer;
    const { store, claims, tracer } = caller;
    const publishing = { name, link, clock, signer, store, claims, tracer, metrics };
    this.#publisher = new Publisher(publishing);
    this.context = {
      log,
      now: () => clock.now(),
      client: (contract, parent, options) => caller.client(contract, parent, options),
      publish: (telling) => this.#publisher.publish(telling),
      kept: parts.kept,
    };
  }

  readonly publish: Publish = (contract, name, data, options) =>
    this.#publisher.publish({ contract, name, data, options, trace: undefined });

  /** Hears events of one kind as they are told; resolves when it is listened to. */
  readonly hear = async <C extends Contract, Name extends keyof C["events"] & string>(
    contract: C,
    name: Name,
    handler: EventHandler<C, Name>,
    options: HearOptions & Abortable = {},
  ): Promise<Subscribed> => {
    const config = resolveHear(options);
    const { handled, works } = this.#work("live", [on(contract, name, handler)]);
    const [work] = works.values();
    if (work === undefined) throw new MeshError(MeshCode.Internal, "nothing is heard");
    const { link, wheel, config: own } = this.#parts;
    const hearer = new Hearer({
      ...{ link, wheel, config, work, name, serve: handled, verify: this.#verifier() },
      clock: own.clock,
      publisher: contract.name,
      warn: (detail) => own.logger.warn({}, detail),
      onRefused: (reason) => own.metrics.refusedMessage(reason),
    });
    const stop = (timeoutMs: number): Promise<void> => hearer.stop(timeoutMs);
    return this.#begin(() => hearer.start(), stop, options.signal);
  };

  /**
   * Follows events durably under a name that `mesh.yaml` declares, with where it begins: each event comes once to
   * whoever follows under this name, and again until it was handled or given up.
   */
  readonly follow = async (
    follow: string,
    handlings: readonly EventHandling[],
    options: FollowOptions & Abortable = {},
  ): Promise<Subscribed> => {
    token("follow", follow);
    const config = resolveFollow(options);
    const { link, wheel, instance, caller, config: own } = this.#parts;
    const { identity, store } = caller;
    const { clock, random, logger, metrics, name: agent } = own;
    const hasSome = Array.isArray(handlings) && handlings.length > 0;
    if (!hasSome || this.#names.has(follow)) throw unfit(follow, hasSome);
    const { handled, works } = this.#work(follow, handlings);
    const follower = new Follower({
      ...{ agent, follow, instance, config, works, link, store, clock, wheel, random },
      serve: handled,
      signer: () => identity.signer,
      verify: this.#verifier(),
      warn: (detail) => logger.warn({}, detail),
      onRefused: (reason) => metrics.refusedMessage(reason),
    });
    this.#names.add(follow);
    const stop = (timeoutMs: number): Promise<void> =>
      follower.drain(timeoutMs).finally(() => this.#names.delete(follow));
    return this.#begin(() => follower.start(), stop, options.signal);
  };

  /** Stops all of them, and waits for what runs. */
  async stop(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#open].map((stop) => stop(timeoutMs)));
  }

  async #begin(
    start: () => Promise<void>,
    stop: (timeoutMs: number) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<Subscribed> {
    const end = async (timeoutMs: number): Promise<void> => {
      unhear?.();
      await stop(timeoutMs).finally(() => this.#open.delete(end));
    };
    let unhear: (() => void) | undefined;
    this.#open.add(end);
    try {
      await start();
    } catch (error) {
      await end(0);
      throw error;
    }
    unhear = signal === undefined ? undefined : onAbort(signal, () => void end(0));
    if (signal?.aborted === true) await end(0);
    return {
      stop: async (options) => end(drainTime("stop", options)),
      [Symbol.asyncDispose]: () => end(drainTime("stop")),
    };
  }

  /** The handlers of one subscription, behind what sees their failures and reads their data. */
  #work(how: string, handlings: readonly EventHandling[]) {
    const { config, caller } = this.#parts;
    const { clock, metrics, logger, onAccess } = config;
    const { context } = this;
    const works = new Map<string, EventWork>();
    const handlers = new Map<EventWork["operation"], EventHandling["handler"]>();
    for (const { contract, name, handler } of handlings) {
      const kind = kindOf(contract, name);
      const address = { publisher: contract.name, name };
      const subject = eventSubject(address);
      if (works.has(subject)) throw twice(how, `${contract.name}.${name}`);
      const operation = eventOperation(config.name, how, address);
      works.set(subject, { operation, kind });
      handlers.set(operation, handler);
    }
    const run = (request: Request): unknown => {
      const { operation, event, input } = request;
      if (event === undefined) return undefined;
      return handlers.get(operation)?.(input, new HandledEvent(request, event, context));
    };
    const failed = (thrown: unknown, request: Request): void => logFailure(logger, thrown, request);
    const layers = [
      trace(caller.tracer, metrics, onAccess, clock),
      eventData(works.values(), bringing(caller.claims)),
    ];
    const handled: Serve = compose(layers, handler(run, failed));
    return { works, handled };
  }

  /** Who cannot sign cannot tell whose signature it would have to be either. */
  #verifier(): EventCheck | undefined {
    const { link, caller } = this.#parts;
    const trust = link.credentials === undefined ? undefined : caller.identity.trust;
    if (trust === undefined) return undefined;
    // One for each subscription: what is heard live lies elsewhere than what is stored.
    return new EventCheck(trust, () => link.credentials?.account);
  }
}

function unfit(follow: string, hasSome: boolean): MeshError {
  const why = hasSome
    ? "is followed on this connection already; give one call all of its handlers"
    : "needs at least one on(contract, name, handler)";
  return new MeshError(MeshCode.InvalidArgument, `follow ${follow}: ${why}`);
}

function twice(how: string, key: string): MeshError {
  const detail = `follow ${how}: there are two handlers for ${key}; one event has one handler`;
  return new MeshError(MeshCode.InvalidArgument, detail);
}
