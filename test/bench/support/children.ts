import type { Setting } from "./bench.ts";
import { Child } from "./child.ts";

/** The children of one bench, ended together. */
export class Children implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #children: Child[] = [];

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** Starts a program and waits until it is ready. */
  async start(program: string, given: unknown): Promise<Child> {
    const child = this.launch(program);
    await child.ask("start", given);
    return child;
  }

  /** Starts a program that needs no beginning. */
  launch(program: string): Child {
    const child = new Child(this.#setting, program);
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Callers were started last and end first: an agent that is gone would be missed.
    for (const child of this.#children.reverse()) await child[Symbol.asyncDispose]();
  }
}
