import { defineAgent, type Handlers, skill } from "@myelin/mesh";
import { z } from "zod";

const shape = { input: z.object({ id: z.string() }), output: z.object({ by: z.string() }) };

/** An agent whose work takes as long as a test wants. */
export const workshop = defineAgent({
  name: "workshop",
  version: "1.0.0",
  skills: {
    /** May not be done twice. */
    build: skill(shape),
    /** May be done twice. */
    mend: skill({ ...shape, idempotent: true }),
    /** Never works. */
    fail: skill(shape),
    watch: skill({ input: shape.input, frames: z.number() }),
  },
});

/** Work that begins when a call comes and ends when the test says so. */
export class Bench {
  readonly begun: string[] = [];
  /** Most that ran at once. */
  most = 0;
  readonly #name: string;
  readonly #open = new Map<string, () => void>();
  #isHeld = true;

  constructor(name: string) {
    this.#name = name;
  }

  /** Ends what runs, and lets everything that comes run through. */
  release(): void {
    this.#isHeld = false;
    for (const done of this.#open.values()) done();
  }

  get handlers(): Handlers<typeof workshop> {
    return {
      build: ({ id }) => this.#work(id),
      mend: ({ id }) => this.#work(id),
      fail: ({ id }) => {
        this.begun.push(id);
        throw new TypeError("never works");
      },
      watch: async function* (this: Bench, { id }: { id: string }) {
        yield 1;
        await this.#work(id);
        yield 2;
      }.bind(this),
    };
  }

  async #work(id: string): Promise<{ by: string }> {
    this.begun.push(id);
    if (this.#isHeld) {
      await new Promise<void>((resolve) => {
        this.#open.set(id, resolve);
        this.most = Math.max(this.most, this.#open.size);
      });
      this.#open.delete(id);
    }
    return { by: this.#name };
  }
}
