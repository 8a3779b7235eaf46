import { routeToken } from "@myelin/subjects";
import { Breakers } from "../call/breakers.ts";
import { RetryBudget } from "../call/budget.ts";
import { Limiters } from "../call/limiter.ts";
import type { SealParts } from "../call/seal.ts";
import { type CallParts, callStack, foreignStack, sealingStack } from "../call/stack.ts";
import { type Contract, checkContract, token } from "../contract/index.ts";
import { Discovery } from "../discovery/index.ts";
import {
  Claims,
  StoreAccess,
  Submitter,
  type TaskHandle,
  verifyResults,
} from "../durable/index.ts";
import { MeshCode, MeshError, unknownSkill } from "../errors/index.ts";
import type { Signer, Trust } from "../identity/index.ts";
import type { Link } from "../nats/index.ts";
import { CallSignal, compose, hexId, type Wheel } from "../pipeline/index.ts";
import { MeshTracer } from "../telemetry/index.ts";
import { ask, Inbox, Outgoing } from "../transport/index.ts";
import {
  type Client,
  type ClientOptions,
  type ClientParts,
  type Compiled,
  createClient,
  type Parent,
} from "./client.ts";
import { durableMethods } from "./durable-methods.ts";
import { Identity, type IdentityParts } from "./identity.ts";
import { operationsOf } from "./operations.ts";
import type { ConnectConfig } from "./options.ts";

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
  readonly identity: Identity;
  readonly store: StoreAccess;
  readonly claims: Claims;
  readonly #submitter: Submitter;
  readonly #parts: CallerParts;
  readonly inbox: Inbox;
  readonly #outgoing: Outgoing;
  readonly #budget: RetryBudget;
  readonly #breakers: Breakers;
  readonly #limiters: Limiters;
  readonly #client: ClientParts;
  readonly #compiled = new WeakMap<Contract, Compiled>();
  /** Of agents in other workspaces, by workspace. */
  readonly #foreign = new WeakMap<Contract, Map<string, Compiled>>();

  constructor(parts: CallerParts) {
    this.#parts = parts;
    const { config, link, wheel, instance } = parts;
    const { clock, metrics, name, random, trust } = config;
    this.tracer = new MeshTracer({ name, instance, activates: config.activatesSpans });
    this.inbox = new Inbox(link, name, instance, () => metrics.lateReply());
    const asking: Pick<IdentityParts, "ask" | "refused"> = {
      ask: (subject, onReply) => ask({ link, inbox: this.inbox, subject }, onReply),
      refused: (reason) => metrics.refusedMessage(reason),
    };
    const warn = ({ code, message }: MeshError): void => config.logger.warn({ code }, message);
    this.identity = new Identity({ ...asking, name, link, clock, trust, warn });
    this.store = new StoreAccess({ link, clock, replies: this.inbox });
    this.claims = new Claims({ name, link, clock, store: this.store });
    this.#submitter = this.#createSubmitter();
    const verify = this.identity.verifyCard;
    this.discovery = new Discovery({ ...asking, link, clock, random, verify });
    this.#outgoing = new Outgoing({
      ...{ link, inbox: this.inbox, name, clock, wheel },
      membership: this.discovery,
      sign: this.identity.neighbours.sign,
      large: this.claims,
    });
    this.#budget = new RetryBudget(config.retry, clock);
    this.#limiters = new Limiters(config.limit);
    this.#breakers = new Breakers({
      config: config.breaker,
      clock,
      onTurn: (key, state) => metrics.breakerTurned(key, state),
    });
    const { attach } = this.identity;
    this.#client = { name, wheel, now: () => clock.now(), newId: idMaker(instance), attach };
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

  client<C extends Contract>(
    contract: C,
    parent: Parent | undefined,
    { workspace }: ClientOptions = here,
  ): Client<C> {
    const compiled =
      workspace === undefined ? this.#compile(contract) : this.#compileFor(contract, workspace);
    return createClient<C>(compiled, this.#client, parent);
  }

  /** A task of this name's, by its id. */
  task(contract: Contract, skill: string, id: string): TaskHandle {
    const operation = this.#compile(contract).operations.get(skill);
    if (operation !== undefined) return this.#submitter.task({ contract, operation }, id);
    throw unknownSkill(contract.name, String(skill), Object.keys(contract.skills));
  }

  /** Sends nothing from now on; what is under way goes on. */
  refuse(): void {
    this.#outgoing.refuse(this.#closed());
  }

  /** Ends what is under way with `closed`. Twice does nothing. */
  async stop(): Promise<void> {
    this.discovery.stop();
    this.identity.stop();
    const reason = this.#closed();
    // First those with a deadline: the far side hears of it, and what only waits here is in no inbox.
    for (const signal of this.#deadlines()) signal.end(reason);
    this.#outgoing.stop(reason);
    this.store.stop(reason);
    this.#breakers.shutdown();
    await this.inbox.stop();
  }

  #closed(): MeshError {
    const { name } = this.#parts.config;
    return new MeshError(MeshCode.Closed, `the connection of ${name} was closed`);
  }

  #deadlines(): CallSignal[] {
    return this.#parts.wheel.armed().filter((timer) => timer instanceof CallSignal);
  }

  #createSubmitter(): Submitter {
    const { config, link } = this.#parts;
    const { name, clock, metrics } = config;
    const { store, claims, tracer, identity } = this;
    const trust = (): Trust | undefined => identity.trust;
    return new Submitter({
      ...{ name, link, clock, store, claims, tracer, metrics },
      signer: (): Signer | undefined => identity.signer,
      verify: verifyResults(trust, () => link.credentials?.account),
    });
  }

  #compile(contract: Contract): Compiled {
    const known = this.#compiled.get(contract);
    if (known !== undefined) return known;
    checkContract("client", contract);
    const parts = this.#stackParts(contract);
    const isSealed = Object.values(contract.skills).some(({ sealed }) => sealed);
    const layers = isSealed ? sealingStack(parts, this.#sealing()) : callStack(parts);
    const compiled = {
      operations: operationsOf(contract),
      send: compose(layers, this.#outgoing.send),
      durable: durableMethods(contract, this.#submitter),
    };
    this.#compiled.set(contract, compiled);
    return compiled;
  }

  #compileFor(contract: Contract, workspace: string): Compiled {
    checkContract("client", contract);
    const known = this.#foreign.get(contract) ?? new Map<string, Compiled>();
    const compiled = known.get(workspace) ?? {
      operations: operationsOf(contract, token("client.workspace", workspace)),
      send: compose(foreignStack(this.#stackParts(contract)), this.#outgoing.send),
      durable: durableMethods(contract, this.#submitter),
    };
    known.set(workspace, compiled);
    this.#foreign.set(contract, known);
    return compiled;
  }

  #stackParts(contract: Contract): CallParts {
    const { config, link, wheel } = this.#parts;
    return {
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
    };
  }

  #sealing(): SealParts {
    const { cards, sealing } = this.identity;
    return {
      name: this.#parts.config.name,
      seals: sealing.own,
      doubt: (agent) => cards.forget(agent),
      async find(agent, wanted, signal) {
        const { instance, key } = await cards.find(agent, wanted, signal);
        return { target: { instance, route: routeToken({ to: "instance", instance }) }, key };
      },
    };
  }
}

const here: ClientOptions = Object.freeze({});

/** Ids that are unique without being secret: who may use them is decided by the caller's name. */
function idMaker(instance: string): () => string {
  const prefix = `${instance}-${hexId(8).slice(0, 6)}`;
  let made = 0;
  return () => `${prefix}-${(++made).toString(36)}`;
}
