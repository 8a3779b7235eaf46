import {
  type ConnectOptions,
  connect,
  defineAgent,
  type Handlers,
  type Mesh,
  type ServeOptions,
  serve,
  skill,
} from "@myelin/mesh";
import { startMesh, type TestMesh } from "@myelin/mesh/testing";
import { z } from "zod";

/** A small agent with one skill of each kind, for tests of calls. */
export const greeter = defineAgent({
  name: "greeter",
  version: "1.2.3",
  description: "Greets",
  skills: {
    greet: skill({
      description: "Greets somebody by name",
      input: z.object({ name: z.string().min(1) }),
      output: z.object({ text: z.string() }),
      idempotent: true,
      errors: { rude: z.object({ word: z.string() }) },
    }),
    /** Waits until its signal is aborted. */
    wait: skill({ input: z.object({}), output: z.object({}), deadlineMs: 5_000 }),
    count: skill({ input: z.object({ to: z.number().int() }), frames: z.number(), idleMs: 20_000 }),
    /** Repeats its text; not idempotent. */
    echo: skill({ input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) }),
  },
});

/** What the handlers saw, for asserts. */
export interface Seen {
  aborted: string[];
  yielded: number;
  left: number;
  calls: number;
}

export function handlers(seen: Seen): Handlers<typeof greeter> {
  return {
    greet: ({ name }, ctx) => {
      seen.calls++;
      if (name === "rude") ctx.fail("rude", { word: name });
      if (name === "boom") throw new TypeError("the password is 1234");
      return { text: `Hello ${name} from ${ctx.caller}` };
    },
    wait: (_input, ctx) =>
      new Promise((resolve) => {
        ctx.signal.addEventListener("abort", () => {
          seen.aborted.push(String(ctx.signal.reason.code));
          resolve({});
        });
        seen.calls++;
      }),
    count: async function* ({ to }) {
      try {
        for (let n = 1; n <= to; n++) {
          seen.yielded = n;
          yield n;
        }
      } finally {
        seen.left++;
      }
    },
    echo: ({ text }) => ({ text }),
  };
}

/** A fresh server, a greeter on it and a caller named `me`; all closed at the end. */
export class Stage implements AsyncDisposable {
  readonly mesh: TestMesh;
  readonly agent: Mesh;
  readonly me: Mesh;
  readonly seen: Seen;

  private constructor(mesh: TestMesh, agent: Mesh, me: Mesh, seen: Seen) {
    this.mesh = mesh;
    this.agent = agent;
    this.me = me;
    this.seen = seen;
  }

  static async start(
    options: { config?: string; serve?: ServeOptions; connect?: Partial<ConnectOptions> } = {},
  ): Promise<Stage> {
    const mesh = await startMesh(options.config === undefined ? {} : { config: options.config });
    const seen: Seen = { aborted: [], yielded: 0, left: 0, calls: 0 };
    const agent = await serve(greeter, handlers(seen), {
      ...mesh.access,
      ...options.serve,
    });
    const me = await connect({ name: "me", ...mesh.access, ...options.connect });
    return new Stage(mesh, agent, me, seen);
  }

  get client() {
    return this.me.client(greeter);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.me.close();
    await this.agent.close();
    await this.mesh.stop();
  }
}
