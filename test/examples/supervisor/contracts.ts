import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";

/** What a craft makes of a brief; done once more it knows what was wrong. */
const making = skill({
  input: z.object({
    brief: z.string(),
    sentBack: z.object({ work: z.string(), reason: z.string() }).optional(),
  }),
  output: z.object({ work: z.string() }),
});

export const copywriter = defineAgent({
  name: "copywriter",
  version: "1.0.0",
  skills: { make: making },
});

export const coder = defineAgent({ name: "coder", version: "1.0.0", skills: { make: making } });

export const designer = defineAgent({
  name: "designer",
  version: "1.0.0",
  skills: { make: making },
});

export const crafts = [copywriter, coder, designer] as const;

/** Who splits the work, reviews what comes, sends back what is not good, and puts it together. */
export const manager = defineAgent({
  name: "manager",
  version: "1.0.0",
  skills: {
    build: skill({
      input: z.object({ what: z.string() }),
      output: z.object({ page: z.string() }),
    }),
  },
});

export const mesh = `version: 1
workspaces:
  desk:
    agents:
      manager: { skills: [build], submits: [copywriter.make, coder.make, designer.make] }
      copywriter: { skills: [make] }
      coder: { skills: [make] }
      designer: { skills: [make] }
      customer: { submits: [manager.build] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
`;
