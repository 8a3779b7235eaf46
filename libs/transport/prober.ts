import { isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import { type Operation, timer } from "../pipeline/index.ts";
import { json } from "../wire/index.ts";
import { type Attempt, attemptsOf } from "./attempt.ts";
import type { ControlSender } from "./control-sender.ts";
import type { OutgoingParts } from "./outgoing.ts";

export interface ProberParts extends OutgoingParts {
  readonly control: ControlSender;
}

/** How often attempts that stay out are asked after, and how long one is out before the first time. */
const everyMs = 250;
/** So many probes without an answer, and the instance counts as dead: within 1.5 s of its last sign. */
const mostUnanswered = 3;
/** So many answers that know nothing of an attempt, where they may overtake its reply. */
const mostDisowned = 8;
/** Tokens in one probe; further ones are named in the next message. */
const tokensAtOnce = 128;

/**
 * Finds out that nobody works on an attempt any more.
 *
 * The server's 503 never comes for what a dead instance was working on, and any `nats sub 'mesh.>'` takes it away;
 * a stopped process answers nothing at all.
 */
export class Prober {
  readonly #parts: ProberParts;
  readonly #tick = timer(() => this.#look());
  readonly #disowned = new WeakMap<Attempt, number>();
  #watching = false;
  #stopped = false;
  #dueAt = 0;

  constructor(parts: ProberParts) {
    this.#parts = parts;
  }

  /** Looks as long as something is in flight. Called for each attempt, so it does nothing most times. */
  watch(): void {
    if (this.#watching || this.#stopped) return;
    this.#watching = true;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#parts.wheel.disarm(this.#tick);
  }

  #schedule(): void {
    this.#dueAt = this.#parts.clock.now() + everyMs;
    this.#parts.wheel.arm(this.#tick, this.#dueAt);
  }

  #look(): void {
    const now = this.#parts.clock.now();
    // When this very process was starved, silence says nothing about others: ask, but count nothing.
    const starved = now - this.#dueAt > everyMs;
    const groups = new Map<string, Attempt[]>();
    const attempts = attemptsOf(this.#parts.inbox);
    for (const attempt of attempts) {
      if (now - attempt.sentAt < everyMs) continue;
      const key = `${attempt.call.operation.agent} ${attempt.instance ?? ""}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [attempt]);
      else group.push(attempt);
    }
    for (const group of groups.values()) this.#ask(group, starved);
    this.#watching = attempts.some(({ isOpen }) => isOpen) && !this.#stopped;
    if (this.#watching) this.#schedule();
  }

  #ask(group: readonly Attempt[], starved: boolean): void {
    const [first] = group;
    if (first === undefined) return;
    const { agent } = first.call.operation;
    const { instance } = first;
    const worst = group.reduce((most, attempt) => Math.max(most, attempt.unanswered), 0);
    if (worst >= mostUnanswered && !starved) this.#lose(agent, instance, group);
    else if (worst >= 1 && instance !== undefined && !starved)
      this.#parts.membership.suspected(agent, instance);
    const left = group.filter(({ isOpen }) => isOpen);
    const most = tokensIn(first.call.operation, instance);
    for (let at = 0; at < left.length; at += most) {
      this.#probe(agent, instance, left.slice(at, at + most), starved);
    }
  }

  #probe(
    agent: string,
    instance: string | undefined,
    group: readonly Attempt[],
    starved: boolean,
  ): void {
    const { inbox, wheel, clock, control } = this.#parts;
    if (!starved) for (const attempt of group) attempt.unanswered++;
    const token = inbox.open({ receive: (message) => this.#hear(agent, instance, group, message) });
    const forget = timer(() => inbox.close(token));
    wheel.arm(forget, clock.now() + everyMs * (mostUnanswered + 1));
    control.probe(
      agent,
      instance,
      group.map((attempt) => attempt.token),
      token,
    );
  }

  #hear(
    agent: string,
    asked: string | undefined,
    group: readonly Attempt[],
    message: Inbound,
  ): void {
    const answer = readAnswer(message);
    // Whoever was asked by name answers for all; of `any`, each answers for what it has.
    if (answer === undefined || (asked !== undefined && answer.instance !== asked)) return;
    this.#parts.membership.heard(agent, answer.instance);
    for (const attempt of group) {
      if (answer.held.has(attempt.token)) {
        attempt.unanswered = 0;
        attempt.instance = answer.instance;
      } else if (asked !== undefined && !this.#mayBeOnItsWay(attempt)) {
        // Its reply would have overtaken this answer: same connection, same order.
        attempt.fail(outcomeUnknown(attempt, "the instance knows nothing of it"));
      }
    }
  }

  /** A reply that comes over an earlier connection of ours keeps no order with this answer: it gets some time. */
  #mayBeOnItsWay(attempt: Attempt): boolean {
    if (!this.#parts.inbox.isFormer(attempt.token)) return false;
    const times = (this.#disowned.get(attempt) ?? 0) + 1;
    this.#disowned.set(attempt, times);
    attempt.unanswered = 0;
    return times <= mostDisowned;
  }

  #lose(agent: string, instance: string | undefined, group: readonly Attempt[]): void {
    if (instance !== undefined) this.#parts.membership.lost(agent, instance);
    const silence = `nobody there answered ${mostUnanswered} probes`;
    // Those of one instance share its fate, also the ones too young to be probed themselves.
    const doomed =
      instance === undefined
        ? group.filter((attempt) => attempt.unanswered >= mostUnanswered)
        : attemptsOf(this.#parts.inbox).filter(
            (attempt) => attempt.instance === instance && attempt.call.operation.agent === agent,
          );
    for (const attempt of doomed) {
      // It may only be stopped: when it goes on, it need not do what is done elsewhere by then.
      this.#parts.control.cancel(attempt);
      attempt.fail(outcomeUnknown(attempt, silence));
    }
  }
}

/** In another workspace only the first answer comes back, so what any may have is asked for one by one. */
function tokensIn({ workspace }: Operation, instance: string | undefined): number {
  return workspace !== undefined && instance === undefined ? 1 : tokensAtOnce;
}

function outcomeUnknown(attempt: Attempt, why: string): MeshError {
  return new MeshError(MeshCode.UnknownOutcome, `${attempt.what}: it was sent, and ${why}`, {
    origin: "peer",
  });
}

function readAnswer(
  message: Inbound,
): { instance: string; held: ReadonlySet<unknown> } | undefined {
  try {
    const body = json.decode(message.payload) as { instance?: unknown; held?: unknown } | undefined;
    // The name goes into subjects, and comes from whoever answered.
    if (typeof body?.instance !== "string" || !isToken(body.instance)) return undefined;
    return { instance: body.instance, held: new Set(Array.isArray(body.held) ? body.held : []) };
  } catch {
    // Not an answer of ours; silence is counted by the next look.
    return undefined;
  }
}
