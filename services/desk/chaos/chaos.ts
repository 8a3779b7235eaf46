import { setTimeout } from "node:timers/promises";
import type { Broker } from "../processes/broker.ts";
import type { Crew } from "../processes/crew.ts";
import type { Blow } from "./plan.ts";

/** A blow that fell. */
export interface Struck {
  readonly what: "killed" | "frozen";
  /** `summarizer-2`, `nats-server`. */
  readonly label: string;
  readonly pid: number;
  /** Documents that were done by then. */
  readonly done: number;
  /** In milliseconds since 1970. */
  readonly atMs: number;
}

export interface ChaosParts {
  readonly plan: readonly Blow[];
  readonly crew: Pick<Crew, "kill" | "revive" | "freeze" | "thaw">;
  readonly broker: Pick<Broker, "kill" | "revive">;
  /** Hears of each when it falls. */
  readonly onBlow: (struck: Struck) => void;
  readonly signal: AbortSignal;
}

/** Longer than a worker may be silent: the task of one that is stopped goes to another. */
const freezeMs = 7_000;
const brokerLabel = "nats-server";

/** Does to the desk what was planned, while there is work; everything that was ended is started again. */
export class Chaos {
  readonly #parts: ChaosParts;
  readonly #struck: Struck[] = [];
  /** The last blow to each: what is not back yet cannot be met again. */
  readonly #falling = new Map<string, Promise<void>>();
  #next = 0;

  constructor(parts: ChaosParts) {
    this.#parts = parts;
  }

  /** Told of the progress; what is due happens beside it. */
  onProgress(done: number, documents: number): void {
    const isDue = ({ at }: Blow): boolean => done < documents && done >= Math.floor(at * documents);
    for (;;) {
      const blow = this.#parts.plan[this.#next];
      if (blow === undefined || !isDue(blow)) return;
      this.#next++;
      const label = blow.is === "broker" ? brokerLabel : blow.label;
      const before = this.#falling.get(label) ?? Promise.resolve();
      const falling = before.then(() => this.#strike(blow, label, done));
      // Whoever waits for the end hears it.
      falling.catch(() => {});
      this.#falling.set(label, falling);
    }
  }

  /** Everything that fell, once all is up again; throws when something did not come back. */
  async over(): Promise<readonly Struck[]> {
    await Promise.all(this.#falling.values());
    return this.#struck;
  }

  async #strike(blow: Blow, label: string, done: number): Promise<void> {
    const { crew, broker } = this.#parts;
    const note = (what: Struck["what"], pid: number | undefined): void => {
      if (pid === undefined) return;
      const struck = { what, label, pid, done, atMs: Date.now() };
      this.#struck.push(struck);
      this.#parts.onBlow(struck);
    };
    switch (blow.is) {
      case "broker":
        note("killed", await broker.kill());
        return broker.revive();
      case "kill":
        note("killed", await crew.kill(label));
        return crew.revive(label);
      case "freeze":
        note("frozen", crew.freeze(label));
        await setTimeout(freezeMs, undefined, { signal: this.#parts.signal });
        return crew.thaw(label);
    }
  }
}
