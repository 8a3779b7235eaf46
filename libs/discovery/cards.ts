import { askSubject, serviceTypes } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { CardDocument, CardVerdict } from "../identity/index.ts";
import type { Inbound } from "../nats/index.ts";
import type { CallSignal, Clock } from "../pipeline/index.ts";
import { parseObject } from "./beat.ts";
import { isInstance, maxCardBytes } from "./card.ts";
import type { Ask } from "./interest.ts";

/** Judges a card; undefined where nobody's identity can be judged. */
export type VerifyCard = (document: CardDocument) => Promise<CardVerdict> | undefined;

export interface CardsParts {
  readonly clock: Clock;
  readonly ask: Ask;
  readonly verify: VerifyCard;
  /** Counts a card that is not believed, by its reason. */
  readonly refused: (reason: string) => void;
}

/** An instance whose card was verified, and the key that is sealed for it. */
export interface SealingKey {
  readonly instance: string;
  readonly key: string;
}

/** How long answers are waited for, in milliseconds. */
const askMs = 2_000;
/** How long an instance that showed no card is passed over for one that did, in milliseconds. */
const passOverMs = 10_000;
/** How long a key is used before its card is asked for again, in milliseconds. */
const freshMs = 600_000;
/** Agents that are kept in mind, and instances of each. */
const mostAgents = 256;
const mostInstances = 256;

/** What one question to an agent has brought so far. */
interface Asking {
  readonly since: number;
  readonly waiting: Set<() => void>;
  /** Why there is no key; undefined while one may still come. */
  failure: MeshError | undefined;
  why: string | undefined;
}

/**
 * The keys for which sealed payloads are sealed, from verified cards alone.
 *
 * Apart from the roster, which calls in the clear use: what is not verified must not reach a sealed call by any way.
 */
export class Cards {
  readonly #parts: CardsParts;
  /** By agent, then by instance. */
  readonly #agents = new Map<string, Map<string, { readonly key: string; readonly at: number }>>();
  readonly #asking = new Map<string, Asking>();

  constructor(parts: CardsParts) {
    this.#parts = parts;
  }

  /** The key of this instance, or of whichever verified one answers; asks the agent when it is not known. */
  async find(agent: string, instance: string | undefined, signal: CallSignal): Promise<SealingKey> {
    const known = this.#known(agent, instance);
    if (known !== undefined) return known;
    const asking = this.#current(agent) ?? this.#ask(agent);
    for (;;) {
      // Another instance is better than none: the one that was picked has shown no card that holds.
      const isOver = asking.failure !== undefined;
      const found = this.#known(agent, isOver ? undefined : instance);
      if (found !== undefined) return found;
      if (asking.failure !== undefined) throw asking.failure;
      await change(asking, signal);
    }
  }

  /** Forgets an agent's keys, so that the next call asks anew: an instance is gone, or could not open what it got. */
  forget(agent: string): void {
    this.#agents.delete(agent);
    this.#asking.delete(agent);
  }

  #known(agent: string, instance: string | undefined): SealingKey | undefined {
    const keys = this.#agents.get(agent);
    if (keys === undefined) return undefined;
    const since = this.#parts.clock.now() - freshMs;
    if (instance !== undefined) {
      const known = keys.get(instance);
      return known === undefined || known.at < since ? undefined : { instance, key: known.key };
    }
    // The one whose card came last: the others may be gone.
    const last = [...keys].at(-1);
    if (last === undefined || last[1].at < since) return undefined;
    return { instance: last[0], key: last[1].key };
  }

  /** The question that is out, or the last one where it still counts. */
  #current(agent: string): Asking | undefined {
    const asking = this.#asking.get(agent);
    if (asking?.failure === undefined) return asking;
    const isRecent = this.#parts.clock.now() - asking.since < passOverMs;
    return isRecent && this.#known(agent, undefined) !== undefined ? asking : undefined;
  }

  #ask(agent: string): Asking {
    const { clock, ask } = this.#parts;
    const asking: Asking = {
      since: clock.now(),
      waiting: new Set(),
      failure: undefined,
      why: undefined,
    };
    const end = ask(askSubject("INFO", agent), (message) => {
      // An empty one is the server's: nobody of that name is there.
      if (message.payload.length === 0) fail(asking, unknownAgent(agent));
      else void this.#take(agent, message, asking);
    });
    if (this.#asking.size >= mostAgents) this.#asking.clear();
    this.#asking.set(agent, asking);
    clock.schedule(askMs, () => {
      end();
      fail(asking, asking.why === undefined ? unanswered(agent) : unverified(agent, asking.why));
    });
    return asking;
  }

  async #take(agent: string, message: Inbound, asking: Asking): Promise<void> {
    const card = parseObject(message.payload, maxCardBytes);
    if (card === undefined || card["name"] !== agent || card["type"] !== serviceTypes.INFO) return;
    const verdict = await this.#parts.verify(card);
    if (verdict === undefined) {
      const why = "there is no operator to trust here; connect with credentials";
      fail(asking, unverified(agent, why));
    } else if (verdict.is === "unknown") {
      fail(asking, unanswered(agent, verdict.why));
    } else if (verdict.is === "refused") {
      asking.why = verdict.why;
      this.#parts.refused(verdict.fault);
    } else if (verdict.sealingKey === undefined) asking.why = "its card names no sealing key";
    else if (isInstance(verdict.instance)) {
      this.#keep(agent, verdict.instance, verdict.sealingKey);
      wake(asking);
    }
  }

  #keep(agent: string, instance: string, key: string): void {
    let keys = this.#agents.get(agent);
    if (keys === undefined) {
      if (this.#agents.size >= mostAgents) this.#agents.clear();
      keys = new Map();
      this.#agents.set(agent, keys);
    }
    if (keys.size >= mostInstances) keys.clear();
    keys.delete(instance);
    keys.set(instance, { key, at: this.#parts.clock.now() });
  }
}

function fail(asking: Asking, error: MeshError): void {
  asking.failure ??= error;
  wake(asking);
}

function wake({ waiting }: Asking): void {
  for (const listener of [...waiting]) listener();
  waiting.clear();
}

/** Resolves when more is known; throws the signal's reason. */
function change({ waiting }: Asking, signal: CallSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onEnd = (reason: MeshError): void => {
      waiting.delete(onChange);
      reject(reason);
    };
    const onChange = (): void => {
      signal.offEnd(onEnd);
      resolve();
    };
    waiting.add(onChange);
    signal.onEnd(onEnd);
  });
}

function unknownAgent(agent: string): MeshError {
  return new MeshError(
    MeshCode.UnknownAgent,
    `nobody serves ${agent} now; is it started, and is its name right?`,
    { origin: "peer" },
  );
}

/** Not the agent's fault, nor ours: the same may be known in a moment. */
function unanswered(agent: string, why = `nobody answered within ${askMs} ms`): MeshError {
  return new MeshError(
    MeshCode.Unavailable,
    `${agent}: its skill is sealed, and no card says for which key: ${why}`,
    { origin: "peer" },
  );
}

function unverified(agent: string, why: string): MeshError {
  return new MeshError(
    MeshCode.PermissionDenied,
    `${agent}: its skill is sealed, and no verified card says for which key: ${why}`,
  );
}
