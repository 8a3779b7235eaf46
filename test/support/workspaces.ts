import { defineAgent, type Handlers, MeshCode, type MeshError, skill } from "@myelin/mesh";
import { startMesh, type TestMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { movedMs } from "./moved.ts";

/** Desk shares four skills with sales; lab is a stranger to both. */
export const policy = `
version: 1
workspaces:
  desk:
    agents:
      summarizer: { skills: [condense, spell, wait, pick, secret] }
      clerk: { skills: [look], calls: [summarizer.*] }
      mallory: { skills: [look], calls: [lab/tester.look] }
    roles:
      operator: { members: [ops] }
    shares:
      - { skill: summarizer.condense, with: [sales] }
      - { skill: summarizer.spell, with: [sales] }
      - { skill: summarizer.wait, with: [sales] }
      - { skill: summarizer.pick, with: [sales] }
  sales:
    agents:
      pricer:
        skills: [look]
        calls: [desk/summarizer.condense, desk/summarizer.spell, desk/summarizer.wait, desk/summarizer.pick, clerk.look]
      clerk: { skills: [look], calls: [desk/summarizer.condense] }
      intern: { skills: [look], calls: [pricer.look] }
    roles:
      operator: { members: [boss] }
      gateway: { members: [gate], calls: ["*"], vouches: true }
  lab:
    agents:
      tester: { skills: [look] }
      clerk: { skills: [look] }
    shares:
      - { skill: tester.look, with: [desk] }
`;

const text = z.object({ text: z.string() });
const whence = z.object({
  caller: z.string(),
  workspace: z.string().optional(),
  path: z.array(z.string()),
});

/** The agent of desk that others may call. */
export const summarizer = defineAgent({
  name: "summarizer",
  version: "1.0.0",
  skills: {
    condense: skill({ input: text, output: whence, idempotent: true }),
    spell: skill({
      input: z.object({ frames: z.number(), bytes: z.number() }),
      frames: z.string(),
    }),
    wait: skill({ input: z.object({ ms: z.number() }), output: z.object({ ms: z.number() }) }),
    pick: skill({ input: text, output: text, errors: { none_left: z.object({ of: z.string() }) } }),
    secret: skill({ input: text, output: text }),
  },
});

/** What an agent of several workspaces can do; each has one of that name. */
export const clerk = defineAgent({
  name: "clerk",
  version: "1.0.0",
  skills: { look: skill({ input: text, output: whence }) },
});

/** What happened at the summarizer. */
export interface Seen {
  readonly served: string[];
  /** Calls of `wait` that have begun. */
  waiting: number;
  cancelledAt: number | undefined;
  yielded: number;
  left: number;
}

export function seen(): Seen {
  return { served: [], waiting: 0, cancelledAt: undefined, yielded: 0, left: 0 };
}

export function handlers(what: Seen): Handlers<typeof summarizer> {
  return {
    condense: (_, { caller, workspace, path }) => {
      what.served.push(caller);
      return { caller, workspace, path: [...path] };
    },
    async *spell({ frames, bytes }) {
      try {
        for (let at = 0; at < frames; at++) {
          what.yielded++;
          yield String.fromCharCode(97 + (at % 26)).repeat(bytes);
        }
      } finally {
        what.left++;
      }
    },
    wait: ({ ms }, { signal }) =>
      new Promise((resolve, reject) => {
        what.waiting++;
        const timer = setTimeout(() => resolve({ ms }), ms);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          what.cancelledAt = movedMs();
          reject(signal.reason);
        });
      }),
    pick: ({ text: asked }, ctx) => ctx.fail("none_left", { of: asked }),
    secret: ({ text: asked }, { caller }) => {
      what.served.push(`secret ${caller}`);
      return { text: asked };
    },
  };
}

/** The mesh of the three workspaces, with the summarizer at work. */
export async function startWorkspaces(what: Seen = seen()): Promise<TestMesh> {
  const mesh = await startMesh({ policy, monitor: true });
  await mesh.serve(summarizer, handlers(what));
  return mesh;
}

/** For `assert.rejects`. */
export function refusal(message: RegExp, code: MeshCode = MeshCode.PermissionDenied) {
  return (error: MeshError): boolean => error.code === code && message.test(error.message);
}
