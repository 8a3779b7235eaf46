import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import type { Artifacts, Conversation, ConversationOptions, TaskHandle } from "../durable/index.ts";
import { Link } from "../nats/index.ts";
import { hexId, Wheel } from "../pipeline/index.ts";
import type { MeshMetrics } from "../telemetry/index.ts";
import { Caller } from "./caller.ts";
import type { Client, ClientOptions } from "./client.ts";
import { Closing, closedMeanwhile, drainTime } from "./closing.ts";
import type { Handlers } from "./context.ts";
import type { Publish } from "./event-publish.ts";
import { Events } from "./events.ts";
import type { HandlerTable } from "./handler-table.ts";
import { Kept } from "./kept.ts";
import { type ConnectConfig, type ConnectOptions, resolveConnect } from "./options.ts";
import { refuseServing } from "./refuse-serving.ts";
import type { ServeOptions } from "./serve-options.ts";
import { Serving } from "./serving.ts";

/** How a drain is bounded. */
export interface DrainOptions {
  /** How long running work may take to finish, in milliseconds. Default: 20000, within what a program gives it. */
  readonly timeoutMs?: number;
}

/** Joins the mesh: one connection under one name. Throws `unavailable` when no server answers. */
export async function connect(options: ConnectOptions): Promise<Mesh> {
  const config = resolveConnect(options);
  const instance = hexId(8).slice(0, 10);
  const link = await Link.connect({
    servers: config.servers,
    name: `${config.name}/${instance}`,
    user: config.name,
    credentials: config.credentials,
    tls: config.tls,
    waitForBrokerMs: config.waitForBrokerMs,
    nats: config.nats,
    onTrouble: (trouble) => config.logger.warn({ code: trouble.code }, trouble.message),
    onNotice: ({ level, text }) => config.logger[level]({}, text),
  });
  const mesh = new Mesh(config, link, instance);
  try {
    await mesh.start();
    return mesh;
  } catch (error) {
    await mesh.close();
    throw error;
  }
}

/** Joins the mesh under the contract's name and serves it. */
export async function serve<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: Omit<ConnectOptions, "name"> & ServeOptions = {},
): Promise<Mesh> {
  const mesh = await connect({ ...options, name: contract.name });
  try {
    await mesh.serve(contract, handlers, options);
    return mesh;
  } catch (error) {
    await mesh.close();
    throw error;
  }
}

/** One connection to the mesh: clients for other agents, and the agent that is served on it, if any. */
export class Mesh implements AsyncDisposable {
  readonly name: string;
  /** The id of this process's instance: a token of its own for each connection. */
  readonly instance: string;
  readonly #config: ConnectConfig;
  readonly #link: Link;
  readonly #wheel: Wheel;
  readonly #caller: Caller;
  readonly #events: Events;
  readonly #kept: Kept;
  readonly #closing: Closing;
  #serving: Serving | undefined;

  /** @internal Use `connect`. */
  constructor(config: ConnectConfig, link: Link, instance: string) {
    this.name = config.name;
    this.instance = instance;
    this.#config = config;
    this.#link = link;
    this.#wheel = new Wheel(config.clock);
    this.#caller = new Caller({ config, link, wheel: this.#wheel, instance });
    const caller = this.#caller;
    this.#kept = new Kept({ config, link, caller });
    const kept = this.#kept;
    this.#events = new Events({ config, link, wheel: this.#wheel, instance, caller, kept });
    link.onUp(() => config.metrics.reconnected());
    const uncount = config.metrics.expiring(this.name, () => link.lifetimes);
    const onEnd = (): void => {
      this.#wheel.clear();
      uncount();
    };
    this.#closing = new Closing({ clock: config.clock, link, caller, onEnd });
  }

  /** @internal Use `connect`. */
  start(): Promise<void> {
    return this.#caller.start();
  }

  /** Whether the broker can be reached now. */
  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Why it cannot be reached, in a line for people, such as expired credentials; undefined while it can. */
  get whyDown(): string | undefined {
    return this.#link.whyDown;
  }

  /** Whether it serves, and has not begun to drain or close. */
  get isServing(): boolean {
    return this.#serving !== undefined && !this.#closing.hasBegun;
  }

  get metrics(): MeshMetrics {
    return this.#config.metrics;
  }

  /** The skills of an agent as typed functions. Costs nothing until one is called. */
  client<C extends Contract>(contract: C, options?: ClientOptions): Client<C> {
    return this.#caller.client(contract, undefined, options);
  }

  /** A task that this name submitted, from this process or another, by its id. */
  task<C extends Contract, Name extends keyof C["skills"] & string>(
    contract: C,
    skill: Name,
    id: string,
  ): TaskHandle<z.output<C["skills"][Name]["output"]>> {
    return this.#caller.task(contract, skill, id) as TaskHandle<
      z.output<C["skills"][Name]["output"]>
    >;
  }

  /** Stores an event of the own contract: whoever follows it gets it, and whoever hears it now. */
  get publish(): Publish {
    return this.#events.publish;
  }

  /** Hears events of one kind as they are told, while it is connected. */
  get hear(): Events["hear"] {
    return this.#events.hear;
  }

  /** Follows events durably, under a name that `mesh.yaml` declares: none is missed, and each comes once per name. */
  get follow(): Events["follow"] {
    return this.#events.follow;
  }

  /** A conversation of this agent's own, by a name that it gives it; every instance finds the same. */
  conversation(id: string, options?: ConversationOptions): Conversation {
    return this.#kept.conversation(id, options);
  }

  /** What this agent makes and keeps, in versions, and what others have made that it may ask for something. */
  get artifacts(): Artifacts {
    return this.#kept.artifacts;
  }

  /** Serves a contract under this connection's name; resolves when it can be called. */
  async serve<C extends Contract>(
    contract: C,
    handlers: Handlers<C>,
    options: ServeOptions = {},
  ): Promise<void> {
    const isClosing = this.#closing.hasBegun;
    refuseServing(contract, { name: this.name, isClosing, serves: this.#serving?.contract.name });
    const { config, link, wheel } = { config: this.#config, link: this.#link, wheel: this.#wheel };
    const served = { contract, handlers: handlers as unknown as HandlerTable, options };
    const serving = new Serving(served, {
      ...{ config, link, wheel, instance: this.instance },
      tracer: this.#caller.tracer,
      inbox: this.#caller.inbox,
      newId: this.#caller.newId,
      identity: this.#caller.identity,
      store: this.#caller.store,
      claims: this.#caller.claims,
      context: this.#events.context,
    });
    this.#serving = serving;
    try {
      await serving.start();
      if (this.#closing.hasBegun) throw closedMeanwhile(this.name);
    } catch (error) {
      this.#serving = undefined;
      await serving.drain(0);
      throw error;
    }
  }

  /** Stops without losing a reply: takes nothing new, finishes what runs, then closes. */
  async drain(options: DrainOptions = {}): Promise<void> {
    return this.#end(drainTime("drain", options));
  }

  /** Stops at once, also where it drains: what runs here and what was asked from here ends. */
  close(): Promise<void> {
    return this.#end(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #end(timeoutMs: number): Promise<void> {
    const serving = this.#serving?.drain(timeoutMs);
    return this.#closing.end(timeoutMs, Promise.all([serving, this.#events.stop(timeoutMs)]));
  }
}
