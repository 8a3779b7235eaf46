import { Link, type LinkOptions } from "../../libs/nats/index.ts";
import { movedMs } from "./moved.ts";

/** A connection that counts how often it was cut, and comes back by itself where it may. */
export class Witness implements AsyncDisposable {
  cuts = 0;
  /** When it was cut last, by `movedMs`. */
  cutAtMs = Number.NaN;
  readonly #link: Link;

  private constructor(link: Link) {
    this.#link = link;
    link.onDown(() => {
      this.cuts++;
      this.cutAtMs = movedMs();
    });
  }

  static async join(options: Omit<LinkOptions, "servers"> & { servers: string }): Promise<Witness> {
    return new Witness(await Link.connect({ ...options, servers: [options.servers] }));
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Resolves when the server has answered. */
  flush(): Promise<void> {
    return this.#link.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.close();
  }
}
