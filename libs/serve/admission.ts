import type { MeshError } from "../errors/index.ts";
import {
  type Clock,
  Frames,
  type Request,
  type Serve,
  type ServeLayer,
} from "../pipeline/index.ts";
import type { AdmissionConfig } from "./admission-options.ts";
import { type Caller, Callers } from "./callers.ts";
import { Fullness } from "./fullness.ts";
import { Pace } from "./pace.ts";
import { Queue, type Waiting } from "./queue.ts";
import { type Crowding, draining, isLate, overloaded, tooLate } from "./refusals.ts";

/** Why a request was turned away. */
export type ShedReason = "late" | "draining" | Crowding;

/** How long a handler may go on after its signal has ended before its place is given to others, in milliseconds. */
const windUpMs = 1_000;

/** What admission needs of the world. */
export interface AdmissionParts {
  readonly config: AdmissionConfig;
  readonly clock: Clock;
  /** Told of each request that is turned away. */
  readonly onShed: (request: Request, reason: ShedReason) => void;
}

/** The places of one instance: what runs, what waits for its turn, what is turned away before anything is spent. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #concurrency: number;
  readonly #callers = new Callers();
  readonly #pace: Pace;
  readonly #queue: Queue;
  readonly #fullness: Fullness;
  readonly #onIdle = new Set<() => void>();
  #running = 0;
  #isDraining = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#concurrency = parts.config.concurrency;
    this.#pace = new Pace(this.#concurrency);
    this.#queue = new Queue(parts.config, this.#callers);
    this.#fullness = new Fullness(parts.config, this.#pace);
  }

  /**
   * Runs a request when there is a place, lets it wait when there will be one, refuses it otherwise.
   *
   * Sits outside everything that costs something. A stream keeps its place until its last frame. Refuses what comes
   * too late, what finds no place (`overloaded`, with when to come back), and, while draining, what can go elsewhere.
   */
  layer(): ServeLayer {
    const admit = this.#admit;
    return (next) =>
      function admission(request) {
        return admit(next, request);
      };
  }

  /** Requests running and waiting. */
  get load(): number {
    return this.#running + this.#queue.size;
  }

  /** Requests it can run at once. */
  get room(): number {
    return this.#concurrency;
  }

  get isFull(): boolean {
    return this.#fullness.isFull;
  }

  /** Hears when a new request would wait too long. */
  onFull(listener: () => void): void {
    this.#fullness.onFull(listener);
  }

  /** Hears when there is room again. */
  onRoom(listener: () => void): void {
    this.#fullness.onRoom(listener);
  }

  /** From now on refuses what was sent to this very instance; what came through the queue group still runs. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Resolves with true once nothing runs or waits, with false when that takes too long. */
  idle(timeoutMs: number): Promise<boolean> {
    if (this.load === 0 || timeoutMs <= 0) return Promise.resolve(this.load === 0);
    return new Promise((resolve) => {
      const onIdle = (): void => {
        cancel();
        this.#onIdle.delete(onIdle);
        resolve(true);
      };
      const cancel = this.#parts.clock.schedule(timeoutMs, () => {
        this.#onIdle.delete(onIdle);
        resolve(false);
      });
      this.#onIdle.add(onIdle);
    });
  }

  readonly #admit = (next: Serve, request: Request): Promise<unknown> => {
    const now = this.#parts.clock.now();
    if (isLate(request, now)) return this.#refuse(request, "late", tooLate(request));
    if (this.#isDraining && request.direct) {
      return this.#refuse(request, "draining", draining(request));
    }
    const caller = this.#callers.of(request.caller);
    if (this.#running < this.#concurrency) return this.#run(next, request, { caller, now });
    return this.#wait(next, request, { caller, now });
  };

  #run(next: Serve, request: Request, { caller, now }: Arrival): Promise<unknown> {
    this.#running++;
    this.#callers.start(caller);
    this.#pace.started(now);
    this.#fullness.update(this.#running, this.#queue.size, now);
    const finish = this.#place(request, { caller, now });
    try {
      return next(request).then(
        (answer) => {
          if (!request.operation.streams) finish();
          else return Frames.from(answer as AsyncIterable<unknown>).onDone(finish);
          return answer;
        },
        (error: unknown) => {
          finish();
          throw error;
        },
      );
    } catch (error) {
      finish();
      return Promise.reject(error);
    }
  }

  /** A place that is taken, and how it is given back: once, and by force when the handler does not heed its signal. */
  #place({ signal }: Request, { caller, now }: Arrival): () => void {
    let isTaken = true;
    let callOff: (() => void) | undefined;
    const finish = (): void => {
      if (!isTaken) return;
      isTaken = false;
      signal.offEnd(onEnd);
      callOff?.();
      this.#finish(caller, now);
    };
    const onEnd = (): void => {
      callOff = this.#parts.clock.schedule(windUpMs, finish);
    };
    signal.onEnd(onEnd);
    return finish;
  }

  #wait(next: Serve, request: Request, { caller, now }: Arrival): Promise<unknown> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        request,
        caller,
        start: (startedAt) => {
          signal.offEnd(leave);
          if (isLate(request, startedAt)) resolve(this.#refuse(request, "late", tooLate(request)));
          else resolve(this.#run(next, request, { caller, now: startedAt }));
        },
        displace: () => {
          signal.offEnd(leave);
          resolve(this.#crowded(request, "caller_share"));
        },
      };
      const leave = (reason: MeshError): void => {
        if (!this.#queue.remove(waiting)) return;
        this.#fullness.update(this.#running, this.#queue.size, this.#parts.clock.now());
        reject(reason);
      };
      const queued = this.#queue.add(waiting);
      if (queued !== "waiting") return resolve(this.#crowded(request, queued));
      signal.onEnd(leave);
      this.#fullness.update(this.#running, this.#queue.size, now);
    });
  }

  #crowded(request: Request, why: Crowding): Promise<never> {
    const waiting = this.#queue.size;
    const waitMs = this.#pace.waitMs(waiting, this.#parts.clock.now());
    const crowd = { running: this.#running, waiting, waitMs };
    return this.#refuse(request, why, overloaded(request, why, crowd));
  }

  #refuse(request: Request, reason: ShedReason, error: MeshError): Promise<never> {
    this.#parts.onShed(request, reason);
    return Promise.reject(error);
  }

  #finish(caller: Caller, startedAt: number): void {
    const now = this.#parts.clock.now();
    this.#running--;
    this.#callers.finish(caller);
    this.#pace.finished(startedAt, now);
    if (this.#queue.size > 0) this.#startNext(now);
    this.#fullness.update(this.#running, this.#queue.size, now);
    if (this.load === 0) for (const listener of this.#onIdle) listener();
  }

  #startNext(now: number): void {
    while (this.#running < this.#concurrency) {
      const waiting = this.#queue.take();
      if (waiting === undefined) return;
      waiting.start(now);
    }
  }
}

interface Arrival {
  readonly caller: Caller;
  readonly now: number;
}
