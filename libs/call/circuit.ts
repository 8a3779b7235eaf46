import { EventEmitter } from "node:events";
import CircuitBreaker from "opossum";
import { codeTable, MeshCode, MeshError } from "../errors/index.ts";
import { type Call, type Clock, Frames, type Reply, type Send } from "../pipeline/index.ts";
import type { BreakerState } from "../telemetry/index.ts";
import type { BreakerConfig } from "./breaker-options.ts";
import { isUnsent } from "./limiter.ts";

/** What the circuits of a connection have in common. */
export interface CircuitParts {
  readonly config: BreakerConfig;
  readonly clock: Clock;
  /** Told when a circuit changes. */
  readonly onTurn: (key: string, state: BreakerState) => void;
}

const buckets = 10;

/**
 * The breaker of one skill: opossum decides, and is asked and told without a promise of its own.
 *
 * A call that works only counts; one that fails goes through opossum's `fire`, which judges the window. The one
 * call of the half-open state is ours to choose, since opossum takes an error that says nothing for a success.
 */
export class Circuit {
  /** Set on use, cleared by whoever looks for one to forget. */
  isUsed = true;
  readonly #key: string;
  readonly #parts: CircuitParts;
  readonly #rotation = new EventEmitter();
  readonly #opossum: CircuitBreaker<[MeshError], never>;
  #isProbing = false;
  #opensAgainAt = 0;
  #lastCode = "";
  #history = "";

  constructor(key: string, parts: CircuitParts) {
    this.#key = key;
    this.#parts = parts;
    const { config, onTurn } = parts;
    this.#opossum = new CircuitBreaker(refail, {
      name: key,
      timeout: false,
      errorThresholdPercentage: config.failureShare * 100,
      volumeThreshold: config.minCalls,
      resetTimeout: config.openMs,
      rollingCountTimeout: config.windowMs,
      rollingCountBuckets: buckets,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
    });
    this.#opossum.on("open", () => {
      const { failures, fires } = this.#opossum.stats;
      this.#history = `${failures} of ${fires} calls failed, the last with ${this.#lastCode}`;
      this.#opensAgainAt = parts.clock.now() + config.openMs;
      onTurn(key, "open");
    });
    this.#opossum.on("halfOpen", () => onTurn(key, "half-open"));
    this.#opossum.on("close", () => {
      // What failed before it opened must not open it again.
      for (let bucket = 0; bucket < buckets; bucket++) this.rotate();
      onTurn(key, "closed");
    });
  }

  get isClosed(): boolean {
    return this.#opossum.closed;
  }

  /** Moves the window on by a tenth. */
  rotate(): void {
    this.#rotation.emit("rotate");
  }

  shutdown(): void {
    this.#opossum.shutdown();
  }

  readonly onReply = (reply: Reply): Reply => {
    this.#opossum.emit("fire");
    return reply;
  };

  /** A stream is judged when it is done, once: what breaks it after its first frame is a failure as well. */
  readonly onStream = ({ value, instance, load }: Reply): Reply => {
    const frames = Frames.from(value as AsyncIterable<unknown>).onDone(this.#streamed);
    return { value: frames, instance, load };
  };

  readonly onError = (error: unknown): never => {
    this.#failed(error);
    throw error;
  };

  /** Lets one call through when it is time to see how the far side is; refuses the others. */
  async probe(next: Send, call: Call): Promise<Reply> {
    if (!this.#opossum.halfOpen || this.#isProbing) throw this.#refusal();
    this.#isProbing = true;
    try {
      const reply = await next(call);
      if (this.#opossum.halfOpen) this.#opossum.close();
      return reply;
    } catch (error) {
      // Says nothing of the far side: the next call may try.
      if (tellsOfIllness(error)) this.#tell(error);
      throw error;
    } finally {
      this.#isProbing = false;
    }
  }

  readonly #streamed = (error: unknown): void => {
    if (error === undefined) this.#opossum.emit("fire");
    else this.#failed(error);
  };

  readonly #failed = (error: unknown): void => {
    // One that began before the circuit opened must not pass for the one that tries.
    if (this.#opossum.closed && tellsOfIllness(error)) this.#tell(error);
  };

  #tell(error: MeshError): void {
    this.#lastCode = error.code;
    this.#opossum.fire(error).catch(() => {
      // It is the error that its caller has already.
    });
  }

  #refusal(): MeshError {
    const left = Math.max(1, Math.ceil(this.#opensAgainAt - this.#parts.clock.now()));
    const when = this.#opossum.halfOpen ? "one call is trying" : `one call may try in ${left} ms`;
    return new MeshError(MeshCode.CircuitOpen, `${this.#key}: ${this.#history}; ${when}`, {
      retryAfterMs: left,
    });
  }
}

/** Whether an error shows that the far side is unwell, rather than the call, the caller, or a single instance. */
function tellsOfIllness(error: unknown): error is MeshError {
  if (!(error instanceof MeshError) || !codeTable[error.code].faultOfPeer) return false;
  // An instance that died is replaced by another: that is the balancer's business.
  if (error.code === MeshCode.Unavailable || error.code === MeshCode.UnknownOutcome) return false;
  return error.origin === "peer" || (error.code === MeshCode.DeadlineExceeded && !isUnsent(error));
}

function refail(error: MeshError): Promise<never> {
  return Promise.reject(error);
}
