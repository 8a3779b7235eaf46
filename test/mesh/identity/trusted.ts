import assert from "node:assert/strict";
import { type Context, defineAgent, type Mesh, skill } from "@myelin/mesh";
import { z } from "zod";
import { HomeMesh } from "../../support/home-mesh.ts";

/** A gateway that may speak for end users, and a chain of agents behind it. */
export const policy = `version: 1
workspaces:
  desk:
    agents:
      editor: { skills: [edit, spell], calls: [reviewer.*, vault.*] }
      reviewer: { skills: [review, audit], calls: [vault.*] }
      vault: { skills: [keep, list, shout] }
      rogue: { skills: [lure], calls: [reviewer.*, vault.*, editor.*] }
    roles:
      operator: { members: [ops] }
      gateway: { members: [gateway], calls: ["*"], vouches: true }
`;

const text = z.object({ text: z.string() });
/** What a skill saw of the end user. */
const seen = z.object({ user: z.string(), scopes: z.array(z.string()) }).nullable();

export const editor = defineAgent({
  name: "editor",
  version: "1.0.0",
  skills: {
    edit: skill({
      input: z.object({ scopes: z.array(z.string()).optional() }),
      output: z.object({ here: seen, there: seen }),
    }),
  },
});

export const reviewer = defineAgent({
  name: "reviewer",
  version: "1.0.0",
  skills: {
    review: skill({ input: z.object({}), output: seen }),
    audit: skill({ input: z.object({}), output: seen, demandsUser: true }),
  },
});

export const vault = defineAgent({
  name: "vault",
  version: "1.0.0",
  skills: {
    keep: skill({
      input: text,
      output: z.object({ said: z.string() }),
      errors: { locked: z.object({ until: z.string() }) },
      sealed: true,
    }),
    list: skill({ input: text, frames: z.object({ line: z.string() }), sealed: true }),
    shout: skill({ input: text, output: z.object({ said: z.string() }) }),
  },
});

/** A real server with a home behind it, whose accounts are published. */
export async function trustedMesh(mesh = policy): Promise<HomeMesh> {
  const home = await HomeMesh.start({ mesh });
  const applied = await home.run("apply");
  assert.equal(applied.exit, 0, applied.err);
  return home;
}

export function endUser({ onBehalfOf }: Pick<Context, "onBehalfOf">): z.output<typeof seen> {
  return onBehalfOf === undefined
    ? null
    : { user: onBehalfOf.user, scopes: [...onBehalfOf.scopes] };
}

export async function serveReviewer(home: HomeMesh): Promise<Mesh> {
  const mesh = await home.connect("reviewer");
  await mesh.serve(reviewer, {
    review: (_input, ctx) => endUser(ctx),
    audit: (_input, ctx) => endUser(ctx),
  });
  return mesh;
}

/** Its `edit` asks the reviewer, and tells what both have seen. */
export async function serveEditor(home: HomeMesh): Promise<Mesh> {
  const mesh = await home.connect("editor");
  await mesh.serve(editor, {
    edit: async ({ scopes }, ctx) => {
      const options = scopes === undefined ? {} : { onBehalfOf: { scopes } };
      return { here: endUser(ctx), there: await ctx.client(reviewer).review({}, options) };
    },
  });
  return mesh;
}

export async function serveVault(home: HomeMesh): Promise<Mesh> {
  const mesh = await home.connect("vault");
  await mesh.serve(vault, {
    keep: ({ text }, ctx) => {
      if (text === "locked") ctx.fail("locked", { until: "noon-of-secrets" });
      return { said: `kept ${text}` };
    },
    async *list({ text }) {
      for (const line of ["one", "two", "three"]) yield { line: `${text} ${line}` };
    },
    shout: ({ text }) => ({ said: text.toUpperCase() }),
  });
  return mesh;
}
