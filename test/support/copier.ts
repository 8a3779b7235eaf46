import { createHash } from "node:crypto";
import { defineAgent, type Handlers, skill } from "@myelin/mesh";
import { z } from "zod";

/** An agent whose inputs and answers can be of any size. */
export const copier = defineAgent({
  name: "copier",
  version: "1.0.0",
  skills: {
    /** Gives back what it got. */
    copy: skill({
      input: z.object({ text: z.string() }),
      output: z.object({ text: z.string() }),
      deadlineMs: 120_000,
    }),
    /** Tells what it got. */
    weigh: skill({
      input: z.object({ text: z.string() }),
      output: z.object({ characters: z.number(), sha256: z.string() }),
      deadlineMs: 120_000,
    }),
    /** Makes a text. */
    fill: skill({ input: z.object({ characters: z.number() }), output: z.string() }),
    /** Makes several. */
    pages: skill({
      input: z.object({ characters: z.array(z.number()) }),
      frames: z.object({ page: z.number(), text: z.string() }),
    }),
    /** The same for the reader's eyes only. */
    secret: skill({
      input: z.object({ text: z.string() }),
      output: z.object({ text: z.string() }),
      sealed: true,
    }),
    secrets: skill({
      input: z.object({ characters: z.array(z.number()) }),
      frames: z.object({ page: z.number(), text: z.string() }),
      sealed: true,
    }),
  },
});

async function* pages({ characters }: { readonly characters: readonly number[] }) {
  for (const [page, count] of characters.entries()) yield { page, text: textOf(count, page) };
}

export const copierHandlers: Handlers<typeof copier> = {
  copy: ({ text }) => ({ text }),
  weigh: ({ text }) => ({ characters: text.length, sha256: digestOf(text) }),
  fill: ({ characters }) => textOf(characters),
  pages,
  secret: ({ text }) => ({ text }),
  secrets: pages,
};

/** A text of so many characters that is not the same all over. */
export function textOf(characters: number, seed = 0): string {
  const line = Array.from({ length: 997 }, (_, at) =>
    String.fromCharCode(97 + ((at * 7 + seed) % 26)),
  );
  return line
    .join("")
    .repeat(Math.ceil(characters / 997))
    .slice(0, characters);
}

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Who may ask it. */
export const copierMesh = `version: 1
workspaces:
  desk:
    agents:
      copier: { skills: [copy, weigh, fill, pages, secret, secrets] }
      boss: { calls: [copier.*], submits: [copier.*] }
      rival: { calls: [copier.*], submits: [copier.*] }
      stranger: { hears: [] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
`;
