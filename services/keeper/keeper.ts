import { setTimeout as sleep } from "node:timers/promises";
import { MeshError } from "@myelin/mesh";
import { type Keeping, type KeepingOptions, openKeeping } from "@myelin/mesh/operate";
import { type Duties, type Duty, duties } from "./duties.ts";

const firstPauseMs = 250;
const mostPauseMs = 10_000;
/** Longest that one duty may take to stop, in milliseconds. */
const stopMs = 10_000;

/** Joins the mesh and looks after it; resolves when it has joined, whether the streams are there or not. */
export async function startKeeper(options: KeepingOptions, all: Duties = duties): Promise<Keeper> {
  return new Keeper(await openKeeping(options), all);
}

/** A caretaker at work: several of them may look after one workspace side by side. */
export class Keeper implements AsyncDisposable {
  readonly keeping: Keeping;
  readonly #ending = new AbortController();
  readonly #duties: readonly { readonly duty: Duty; readonly started: Promise<void> }[];
  /** Duties that do not work yet, with the reason. */
  readonly #idle = new Map<string, string>();
  #closing: Promise<void> | undefined;

  /** @internal Use `startKeeper`. */
  constructor(keeping: Keeping, all: Duties) {
    this.keeping = keeping;
    this.#duties = Object.entries(all).map(([name, make]) => {
      const duty = make(keeping);
      this.#idle.set(name, "it has not begun");
      return { duty, started: this.#begin(name, duty) };
    });
  }

  /** Whether it can be reached and every duty is at work. */
  get isUp(): boolean {
    return this.keeping.isUp && this.#idle.size === 0 && this.#closing === undefined;
  }

  /** Why not, in a line for people; undefined while it is. */
  get whyDown(): string | undefined {
    if (this.#closing !== undefined) return "it is stopping";
    const idle = [...this.#idle].map(([name, why]) => `${name}: ${why}`);
    return this.keeping.whyDown ?? (idle.length === 0 ? undefined : idle.join("; "));
  }

  get metrics(): Keeping["metrics"] {
    return this.keeping.metrics;
  }

  /** Takes nothing new, ends what it does, and leaves; a second time waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Until it works: streams are made by `apply`, which may come later, and a broker may be away. */
  async #begin(name: string, duty: Duty): Promise<void> {
    const { signal } = this.#ending;
    const { logger } = this.keeping;
    for (let pauseMs = firstPauseMs; !signal.aborted; ) {
      try {
        await duty.start();
        this.#idle.delete(name);
        return logger.info({ duty: name }, `keeper looks after ${name}`);
      } catch (error) {
        if (signal.aborted) return;
        const { code, message } = MeshError.from(error);
        const isNew = this.#idle.get(name) !== message;
        this.#idle.set(name, message);
        if (isNew) logger.warn({ duty: name, code }, message);
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, mostPauseMs);
    }
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#duties.map(({ duty, started }) => this.#end(duty, started)));
    await this.keeping[Symbol.asyncDispose]();
  }

  async #end(duty: Duty, started: Promise<void>): Promise<void> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.keeping.clock.schedule(stopMs, resolve);
    });
    // What does not stop in time is left: every step of it can be repeated by another keeper.
    await Promise.race([started.then(() => duty.stop()).catch(() => {}), late]);
    cancel();
  }
}
