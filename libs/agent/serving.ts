import { filters, foreignFilters, PresenceState, routeToken, versionLabel } from "@myelin/subjects";
import type { Contract } from "../contract/index.ts";
import { Door, Presence } from "../discovery/index.ts";
import type { CallRecorder, Claims, StoreAccess, Worker } from "../durable/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import { type Inbound, type Link, type Listening, refusalOf, Services } from "../nats/index.ts";
import type { Request, Wheel } from "../pipeline/index.ts";
import { Admission } from "../serve/admission.ts";
import { resolveAdmission } from "../serve/admission-options.ts";
import type { MeshTracer } from "../telemetry/index.ts";
import {
  ControlReceiver,
  ForeignIncoming,
  HeldAttempts,
  type Inbox,
  Incoming,
} from "../transport/index.ts";
import { ReplyHeads } from "../wire/index.ts";
import { servicesOf } from "./card.ts";
import { type ContextParts, RequestContext } from "./context.ts";
import { countsOf } from "./counts.ts";
import { checkHandlers, type HandlerTable } from "./handler-table.ts";
import type { Identity } from "./identity.ts";
import { laddersOf } from "./ladders.ts";
import { operationsOf } from "./operations.ts";
import type { ConnectConfig } from "./options.ts";
import { recorderOf } from "./recording.ts";
import { unserved } from "./refuse-serving.ts";
import { reportUnsent } from "./reports.ts";
import type { ServeOptions } from "./serve-options.ts";
import { workerOf } from "./working.ts";

export interface ServingParts {
  readonly config: ConnectConfig;
  readonly link: Link;
  readonly wheel: Wheel;
  readonly instance: string;
  readonly tracer: MeshTracer;
  readonly inbox: Inbox;
  readonly newId: () => string;
  readonly context: ContextParts;
  readonly identity: Identity;
  readonly store: StoreAccess;
  readonly claims: Claims;
}

/** What is served, by what, and how. */
export interface Served {
  readonly contract: Contract;
  readonly handlers: HandlerTable;
  readonly options: ServeOptions;
}

/** The incoming side of one connection: an instance of an agent, from its first subscription to its goodbye. */
export class Serving {
  readonly contract: Contract;
  readonly #parts: ServingParts;
  readonly #admission: Admission;
  readonly #held: HeldAttempts;
  readonly #presence: Presence;
  readonly #door: Door;
  readonly #services: Services;
  readonly #incoming: Incoming;
  readonly #control: ControlReceiver;
  readonly #foreign: ForeignIncoming;
  readonly #worker: Worker | undefined;
  readonly #recorder: CallRecorder;
  #direct: Listening[] = [];
  /** What comes from other workspaces. That it may not be heard is no reason not to serve one's own. */
  #elsewhere: readonly Listening[] = [];
  /** The queue group as it was last joined. */
  #joined: Listening | undefined;
  #taken = 0;
  #draining: Promise<void> | undefined;

  constructor({ contract, handlers, options }: Served, parts: ServingParts) {
    this.contract = contract;
    this.#parts = parts;
    const { config, link, wheel, instance, identity } = parts;
    const { clock, metrics, random } = config;
    const agent = contract.name;
    const operations = operationsOf(contract);
    checkHandlers(contract, handlers);
    const admission = new Admission({
      config: resolveAdmission(options),
      clock,
      onShed: (request, reason) => metrics.server(request.operation).shed(reason),
    });
    this.#admission = admission;
    const run = (request: Request): unknown => {
      this.#taken++;
      const context = new RequestContext(request, parts.context);
      return handlers[request.operation.skill]?.(request.input, context);
    };
    const { handle, serve, serveClaimed } = laddersOf({ contract, admission, run }, parts);
    const recorder = recorderOf(agent, parts);
    this.#recorder = recorder;
    const heads = new ReplyHeads(instance);
    const working = { operations, handle, options: options.tasks, recorder, heads };
    this.#worker = workerOf(contract, working, parts);
    const held = new HeldAttempts();
    this.#held = held;
    const load = (): number => admission.load;
    const onRefused = (reason: string): void => metrics.refusedMessage(reason);
    const heard = { link, agent, operations, heads, clock, held, load, onRefused, recorder };
    this.#incoming = new Incoming({
      ...{ ...heard, serve, serveClaimed, large: parts.claims, wheel },
      inbox: parts.inbox,
      newId: parts.newId,
      unseal: identity.sealing.unseal,
      onUnsent: (error, request) => reportUnsent(config, error, request),
    });
    this.#control = new ControlReceiver({ ...heard, instance });
    const { verify } = identity.neighbours;
    this.#foreign = new ForeignIncoming({ ...heard, incoming: this.#incoming, verify });
    const presence = new Presence({
      ...{ link, agent, instance, clock, random, load },
      version: contract.version,
      room: () => admission.room,
      taken: () => this.#taken,
    });
    this.#presence = presence;
    const open = (): Listening => this.#openQueue();
    this.#door = new Door({ link, agent, instance, clock, presence, open });
    const counting = { metrics, admission, presence };
    this.#services = new Services({
      ...{ link, instance, onRefused },
      ...servicesOf(contract, operations),
      signer: identity.cardSigner,
      counts: (skill) => countsOf(operations.get(skill), counting),
    });
    admission.onFull(() => this.#door.full());
    admission.onRoom(() => this.#door.room());
  }

  /** Subscribes, then announces: a caller may answer the announcement at once. */
  async start(): Promise<void> {
    const { link, instance } = this.#parts;
    const agent = this.contract.name;
    const mine = routeToken({ to: "instance", instance });
    this.#direct = [
      link.subscribe(filters.control(agent, "any"), this.#control.receive),
      link.subscribe(filters.control(agent, mine), this.#control.receive),
      link.subscribe(filters.calls(agent, mine), this.#incoming.receive),
    ];
    const { receiveForeign } = this.#control;
    this.#elsewhere = ["any", mine].flatMap((route) =>
      this.#hearForeign(foreignFilters.control(agent, route), receiveForeign),
    );
    this.#door.start();
    this.#services.start();
    await link.flush();
    const refused = refusalOf(this.#direct) ?? this.#joined?.refused ?? this.#services.refused;
    if (refused !== undefined) throw unserved(this.contract, refused);
    await this.#worker?.start();
    this.#recorder.start();
    this.#presence.start();
  }

  /**
   * Loses no reply: tells callers, leaves the queue group, finishes what runs, then says goodbye.
   * What is not done within the limit ends with `unknown_outcome`. Again, it may end sooner.
   */
  drain(timeoutMs: number): Promise<void> {
    const { clock } = this.#parts.config;
    const late = clock.schedule(timeoutMs, () => this.#abandon(timeoutMs));
    const worked = this.#worker?.drain(timeoutMs);
    this.#draining ??= this.#drain(timeoutMs, worked);
    return Promise.all([this.#draining, worked])
      .then(() => {})
      .finally(late);
  }

  async #drain(timeoutMs: number, worked: Promise<void> | undefined): Promise<void> {
    this.#presence.change(PresenceState.Draining);
    await this.#door.close();
    // Callers of this very instance can go elsewhere; what came through the queue is still served.
    this.#admission.drain();
    await this.#foreign.settled(timeoutMs);
    if (!(await this.#admission.idle(timeoutMs))) this.#abandon(timeoutMs);
    await this.#incoming.settled(timeoutMs);
    await worked;
    await this.#recorder.stop(timeoutMs);
    const all = [...this.#direct, ...this.#elsewhere];
    await Promise.all(all.map((listening) => listening.stop()));
    await this.#services.stop();
    this.#presence.stop();
  }

  #abandon(timeoutMs: number): void {
    for (const { signal } of this.#held) {
      signal.end(
        new MeshError(
          MeshCode.UnknownOutcome,
          `the instance stopped before it was done, ${timeoutMs} ms after it began to drain`,
        ),
      );
    }
  }

  #openQueue(): Listening {
    const { link } = this.#parts;
    const { name, version } = this.contract;
    const routes = ["any", routeToken({ to: "version", label: versionLabel(version) })];
    const joined = routes.map((route) =>
      link.subscribe(filters.calls(name, route), this.#incoming.receive, name),
    );
    const calls = foreignFilters.calls(name, "any");
    const foreign = this.#hearForeign(calls, this.#foreign.receive, name);
    this.#joined = {
      get refused() {
        return refusalOf(joined);
      },
      async stop(): Promise<void> {
        await Promise.all([...joined, ...foreign].map((listening) => listening.stop()));
      },
    };
    return this.#joined;
  }

  /** Without credentials nobody of another workspace could be told from anybody else. */
  #hearForeign(
    filter: string,
    onMessage: (message: Inbound) => void,
    queue?: string,
  ): readonly Listening[] {
    const { link } = this.#parts;
    return link.credentials === undefined ? [] : [link.subscribe(filter, onMessage, queue)];
  }
}
