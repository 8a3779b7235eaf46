import { MeshCode, MeshError } from "../errors/index.ts";
import {
  type Call,
  type CallSignal,
  checkNumbers,
  Frames,
  type Layer,
  overDefaults,
  type Reply,
  type Send,
} from "../pipeline/index.ts";

/** How many calls one connection has under way to one agent. */
export interface LimiterOptions {
  /** Attempts under way at once, per agent. Default: 1024. */
  readonly inFlight?: number;
  /** Calls that wait for one of them, per agent; more are refused. Default: 1024. */
  readonly queue?: number;
}

/** LimiterOptions with every default filled in and every value checked. */
export type LimiterConfig = Readonly<Required<LimiterOptions>>;

const defaults: LimiterConfig = Object.freeze({ inFlight: 1_024, queue: 1_024 });

/** Fills in and checks the options, once, at start. */
export function resolveLimiter(options: LimiterOptions = {}): LimiterConfig {
  return checkNumbers<LimiterConfig>("limit", overDefaults("limit", defaults, options), {
    inFlight: { min: 1, max: 1_000_000, whole: true },
    queue: { min: 0, max: 1_000_000, whole: true },
  });
}

/**
 * Bounds the attempts under way to each agent; what finds no slot waits its turn, as long as its signal allows.
 *
 * Sits inside the breaker, so that a dead target queues nobody, and outside `pick`, so that the instance is chosen
 * when the attempt leaves. A stream holds its slot until its last frame. Refuses with `overloaded` when the queue is full.
 */
export function limiter(limiters: Limiters): Layer {
  return (next) =>
    function limiter(call) {
      return limiters.gate(call.operation.agent).send(next, call);
    };
}

/** What ended calls while they waited for a slot: it tells nothing of the far side. */
const unsent = new WeakSet<MeshError>();

/** Whether a call ended with this before anything was sent. */
export function isUnsent(reason: MeshError): boolean {
  return unsent.has(reason);
}

/** Most agents that a gate is kept for while nothing is under way to them. */
const mostGates = 1_000;

/** The gates of one connection, one per agent that it calls. */
export class Limiters {
  readonly #config: LimiterConfig;
  readonly #gates = new Map<string, Gate>();

  constructor(config: LimiterConfig) {
    this.#config = config;
  }

  gate(agent: string): Gate {
    return this.#gates.get(agent) ?? this.#open(agent);
  }

  #open(agent: string): Gate {
    if (this.#gates.size >= mostGates) {
      for (const [name, gate] of this.#gates) if (gate.isIdle) this.#gates.delete(name);
    }
    const gate = new Gate(agent, this.#config);
    this.#gates.set(agent, gate);
    return gate;
  }
}

/** The slots for one agent and the queue for them. */
class Gate {
  readonly #agent: string;
  readonly #config: LimiterConfig;
  // A Set keeps its order and lets go of the middle: first in, first out, and whoever gives up leaves.
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(agent: string, config: LimiterConfig) {
    this.#agent = agent;
    this.#config = config;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0;
  }

  send(next: Send, call: Call): Promise<Reply> {
    if (this.#running >= this.#config.inFlight) return this.#wait(next, call);
    this.#running++;
    return this.#go(next, call);
  }

  /** Runs in a slot that is taken already. */
  #go(next: Send, call: Call): Promise<Reply> {
    try {
      const reply = next(call);
      if (!call.operation.streams) return reply.then(this.#onReply, this.#onError);
      return reply.then((stream) => this.#hold(stream, call.signal), this.#onError);
    } catch (error) {
      this.#release();
      return Promise.reject(error);
    }
  }

  async #wait(next: Send, call: Call): Promise<Reply> {
    if (this.#waiting.size >= this.#config.queue) throw this.#full();
    await this.#turn(call);
    return this.#go(next, call);
  }

  /** Resolves with a slot in hand. */
  #turn({ signal }: Call): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.offEnd(leave);
        resolve();
      };
      const leave = (reason: MeshError): void => {
        if (!this.#waiting.delete(start)) return;
        // An error of its own: the reason may be that of calls which were sent.
        const own = new MeshError(reason.code, reason.detail, { cause: reason });
        unsent.add(own);
        reject(own);
      };
      this.#waiting.add(start);
      signal.onEnd(leave);
    });
  }

  readonly #release = (): void => {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running--;
      return;
    }
    // The slot goes from hand to hand, so that no newcomer gets ahead of the queue.
    this.#waiting.delete(first);
    first();
  };

  readonly #onReply = (reply: Reply): Reply => {
    this.#release();
    return reply;
  };

  /** A stream keeps its slot until it is done; one that ended unread has no reader to say so, only its signal. */
  #hold({ value, instance, load }: Reply, signal: CallSignal): Reply {
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      signal.offEnd(release);
      this.#release();
    };
    signal.onEnd(release);
    const frames = Frames.from(value as AsyncIterable<unknown>).onDone(release);
    return { value: frames, instance, load };
  }

  readonly #onError = (error: unknown): never => {
    this.#release();
    throw error;
  };

  #full(): MeshError {
    const { inFlight, queue } = this.#config;
    return new MeshError(
      MeshCode.Overloaded,
      `${inFlight} calls to ${this.#agent} are under way and ${queue} wait here already`,
    );
  }
}
