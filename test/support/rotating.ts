import { defineAgent, type Logger, type Mesh, skill } from "@myelin/mesh";
import { z } from "zod";

/** An agent that counts each execution, and streams numbers in order. */
export const worker = defineAgent({
  name: "worker",
  version: "1.0.0",
  skills: {
    work: skill({ input: z.object({ id: z.string() }), output: z.object({ id: z.string() }) }),
    count: skill({ input: z.object({ to: z.number() }), frames: z.number() }),
  },
});

/** Handlers that take some milliseconds, and how often each id was executed. */
export function working(ran: Map<string, number>) {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    work: async ({ id }: { readonly id: string }) => {
      ran.set(id, (ran.get(id) ?? 0) + 1);
      await pause(Math.random() * 20);
      return { id };
    },
    count: async function* ({ to }: { readonly to: number }) {
      for (let n = 0; n < to; n++) {
        // In bursts, so that frames are written together and apart.
        if (n % 7 === 0) await pause(3);
        yield n;
      }
    },
  };
}

/** A logger that keeps its lines. */
export function keeping() {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (_fields: object, message = ""): void => {
      lines.push(`${level} ${message}`);
    };
  const logger: Logger = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  return { lines, logger, count };
}

/** A failure that is told at once must not become a busy loop. */
const breath = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Calls and reads streams without a pause until it is stopped, and keeps what went wrong. */
export function underLoad(mesh: Mesh) {
  const { name } = mesh;
  const client = mesh.client(worker);
  const done = { calls: 0, streams: 0, failures: [] as string[], ids: [] as string[] };
  let isOn = true;
  const call = async (lane: number): Promise<void> => {
    for (let n = 0; isOn; n++) {
      const id = `${name}-${lane}-${n}`;
      done.ids.push(id);
      try {
        const answer = await client.work({ id });
        if (answer.id !== id) done.failures.push(`${id} got ${answer.id}`);
        done.calls++;
      } catch (error) {
        done.failures.push(`${id}: ${error}`);
        await breath();
      }
    }
  };
  const read = async (lane: number): Promise<void> => {
    for (let n = 0; isOn; n++) {
      let next = 0;
      try {
        for await (const frame of client.count({ to: 300 })) {
          if (frame !== next++) throw new RangeError(`frame ${frame} in place of ${next - 1}`);
        }
        if (next !== 300) throw new RangeError(`${next} frames`);
        done.streams++;
      } catch (error) {
        done.failures.push(`stream ${name}-${lane}-${n}: ${error} ${next}`);
        await breath();
      }
    }
  };
  const lanes = [
    ...Array.from({ length: 64 }, (_, lane) => call(lane)),
    ...Array.from({ length: 8 }, (_, lane) => read(lane)),
  ];
  const stop = async () => {
    isOn = false;
    await Promise.all(lanes);
    return done;
  };
  /** A test that fails while they run must end all the same. */
  const dispose = async (): Promise<void> => void (await stop());
  return { stop, [Symbol.asyncDispose]: dispose };
}
