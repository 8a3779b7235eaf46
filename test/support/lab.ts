import { setTimeout as sleep } from "node:timers/promises";
import { defineAgent, type Handlers, skill } from "@myelin/mesh";
import { z } from "zod";

const what = z.object({ what: z.string() });
const anything = z.unknown();

/** An agent that misbehaves in every way a handler can. */
export const lab = defineAgent({
  name: "lab",
  version: "1.0.0",
  skills: {
    /** Gives back what it got. */
    echo: skill({ input: anything, output: anything, idempotent: true }),
    /** Answers with something odd. */
    odd: skill({ input: what, output: anything }),
    /** The same as a frame. */
    oddly: skill({ input: what, frames: anything }),
    /** Throws something odd. */
    toss: skill({ input: what, output: anything, errors: { big: anything } }),
    /** Never answers, whatever its signal says. */
    hang: skill({ input: anything, output: anything, deadlineMs: 100 }),
    /** Never gives a frame, whatever its signal says. */
    stall: skill({ input: anything, frames: anything, deadlineMs: 100 }),
    /** Answers after a while; may not be done twice. */
    wait: skill({
      input: z.object({ ms: z.number() }),
      output: z.object({ aborted: z.boolean() }),
      deadlineMs: 60_000,
    }),
    /** Keeps the whole process busy. */
    block: skill({ input: z.object({ ms: z.number() }), output: anything, idempotent: true }),
    /** A schema that cannot be checked at once. */
    slowly: skill({ input: z.string().refine(() => Promise.resolve(true)), output: anything }),
    /** Frames for ever, one in `everyMs`. */
    tick: skill({ input: z.object({ everyMs: z.number() }), frames: z.number() }),
  },
});

/** What a lab has seen. */
export class Notes {
  ticking = 0;
  ticks = 0;
  calls = 0;
  /** Hears of each `wait` that was given up. */
  onAbort = (): void => {};
}

const circle: Record<string, unknown> = {};
circle["self"] = circle;

const oddities: Readonly<Record<string, () => unknown>> = {
  bigint: () => 1n,
  circular: () => circle,
  nothing: () => undefined,
  date: () => new Date(0),
  symbol: () => Symbol("s"),
  function: () => () => 1,
  thenable: () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable that throws is the point
    get then() {
      throw new Error("a getter that throws");
    },
  }),
  null: () => null,
  large: () => "x".repeat(3_000_000),
};

const tosses: Readonly<Record<string, () => unknown>> = {
  string: () => "a string",
  null: () => null,
  undefined: () => undefined,
  frozen: () => Object.freeze({ code: "frozen", message: "frozen" }),
  proxy: () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error("do not look at me");
        },
      },
    ),
};

/** The handlers of one instance. */
export function labour(notes = new Notes()): Handlers<typeof lab> {
  return {
    echo: (value) => {
      notes.calls++;
      return value;
    },
    odd: ({ what }) => oddities[what]?.(),
    oddly: async function* ({ what }) {
      yield oddities[what]?.();
    },
    toss: ({ what }, ctx) => {
      if (what === "big") return ctx.fail("big", 1n);
      if (what === "large") return ctx.fail("big", "x".repeat(3_000_000));
      throw tosses[what]?.();
    },
    hang: () => {
      notes.calls++;
      return new Promise(() => {});
    },
    stall: async function* () {
      notes.calls++;
      await new Promise(() => {});
      yield 1;
    },
    wait: async ({ ms }, { signal }) => {
      notes.calls++;
      await sleep(ms, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) notes.onAbort();
      return { aborted: signal.aborted };
    },
    block: ({ ms }) => {
      notes.calls++;
      const end = performance.now() + ms;
      while (performance.now() < end);
      return null;
    },
    slowly: () => null,
    tick: async function* ({ everyMs }, { signal }) {
      notes.ticking++;
      try {
        for (let at = 0; !signal.aborted; at++) {
          notes.ticks++;
          yield at;
          await sleep(everyMs, undefined, { signal }).catch(() => undefined);
        }
      } finally {
        notes.ticking--;
      }
    },
  };
}
