import { Breakers } from "../call/breakers.ts";
import { RetryBudget } from "../call/budget.ts";
import { Limiters } from "../call/limiter.ts";
import { callStack } from "../call/stack.ts";
import type { Contract } from "../contract/index.ts";
import { Discovery } from "../discovery/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import {
  CallSignal,
  compose,
  hexId,
  type Operation,
  type Send,
  type Wheel,
} from "../pipeline/index.ts";
import { MeshTracer } from "../telemetry/index.ts";
import { Inbox, Outgoing } from "../transport/index.ts";
import { type Client, type ClientParts, createClient, type Parent } from "./client.ts";
import { operationsOf } from "./operations.ts";
import type { ConnectConfig } from "./options.ts";

/** A contract as this connection calls it: composed once, bound to each parent. */
interface Compiled {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly send: Send;
}

export interface CallerParts {
  readonly config: ConnectConfig;
  readonly link: Link;
  readonly wheel: Wheel;
  readonly instance: string;
}

/** The outgoing side of one connection: what all its clients share. */
export class Caller {
  readonly tracer: MeshTracer;
  readonly discovery: Discovery;
  readonly #parts: CallerParts;
  readonly inbox: Inbox;
  readonly #outgoing: Outgoing;
  readonly #budget: RetryBudget;
  readonly #breakers: Breakers;
  readonly #limiters: Limiters;
  readonly #client: ClientParts;
  readonly #compiled = new WeakMap<Contract, Compiled>();

  constructor(parts: CallerParts) {
    this.#parts = parts;
    const { config, link, wheel, instance } = parts;
    const { clock, metrics, name, random } = config;
    this.tracer = new MeshTracer({ name, instance, activates: config.activatesSpans });
    this.inbox = new Inbox(link, name, instance, () => metrics.lateReply());
    this.discovery = new Discovery({
      link,
      clock,
      random,
      ask: (subject, onReply) => this.#ask(subject, onReply),
      refused: (reason) => metrics.refusedMessage(reason),
    });
    this.#outgoing = new Outgoing({
      link,
      inbox: this.inbox,
      name,
      clock,
      wheel,
      membership: this.discovery,
    });
    this.#budget = new RetryBudget(config.retry, clock);
    this.#limiters = new Limiters(config.limit);
    this.#breakers = new Breakers({
      config: config.breaker,
      clock,
      onTurn: (key, state) => metrics.breakerTurned(key, state),
    });
    this.#client = { name, wheel, now: () => clock.now(), newId: idMaker(instance) };
  }

  /** Resolves when replies can be heard; throws `permission_denied` when the server does not let them. */
  async start(): Promise<void> {
    await this.#parts.link.flush();
    if (this.inbox.refused !== undefined) throw this.inbox.refused;
  }

  /** Whether calls are under way, or wait for their turn or their next attempt. */
  get isBusy(): boolean {
    return this.#outgoing.inFlight > 0 || this.#deadlines().length > 0;
  }

  readonly newId = (): string => this.#client.newId();

  client<C extends Contract>(contract: C, parent: Parent | undefined): Client<C> {
    const { operations, send } = this.#compile(contract);
    return createClient<C>(operations, send, this.#client, parent);
  }

  /** Ends what is under way with `closed`. Twice does nothing. */
  async stop(): Promise<void> {
    this.discovery.stop();
    const reason = new MeshError(
      MeshCode.Closed,
      `the connection of ${this.#parts.config.name} was closed`,
    );
    // First those with a deadline: the far side hears of it, and what only waits here is in no inbox.
    for (const signal of this.#deadlines()) signal.end(reason);
    this.#outgoing.stop(reason);
    this.#breakers.shutdown();
    await this.inbox.stop();
  }

  #deadlines(): CallSignal[] {
    return this.#parts.wheel.armed().filter((timer) => timer instanceof CallSignal);
  }

  #compile(contract: Contract): Compiled {
    const known = this.#compiled.get(contract);
    if (known !== undefined) return known;
    const { config, link, wheel } = this.#parts;
    const layers = callStack({
      ...{ contract, link, wheel },
      clock: config.clock,
      random: config.random,
      retry: config.retry,
      budget: this.#budget,
      breakers: this.#breakers,
      limiters: this.#limiters,
      picker: this.discovery,
      load: this.discovery,
      tracer: this.tracer,
      metrics: config.metrics,
    });
    const compiled = {
      operations: operationsOf(contract),
      send: compose(layers, this.#outgoing.send),
    };
    this.#compiled.set(contract, compiled);
    return compiled;
  }

  #ask(subject: string, onReply: (message: Inbound) => void): () => void {
    const token = this.inbox.open({ receive: onReply });
    const end = (): void => this.inbox.close(token);
    try {
      this.#parts.link.publish(subject, new Uint8Array(0), { reply: this.inbox.subject(token) });
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }
}

/** Ids that are unique without being secret: who may use them is decided by the caller's name. */
function idMaker(instance: string): () => string {
  const prefix = `${instance}-${hexId(8).slice(0, 6)}`;
  let made = 0;
  return () => `${prefix}-${(++made).toString(36)}`;
}
