import { defineAgent, event, skill } from "@myelin/mesh";
import { z } from "zod";

/** Who is there in every run. A worker that says nothing for five seconds is taken for dead. */
export const meshFile = `version: 1
workspaces:
  chaos:
    provision: off
    agents:
      mason: { skills: [lay], silenceMs: 5000 }
      owner: { submits: [mason.lay] }
      herald: { publishes: [stone.laid] }
      scribe: { silenceMs: 5000, follows: { book: { from: beginning, events: [herald.stone.laid] } } }
    roles:
      keeper: { members: [keeper] }
`;

/** How a stone fares. */
export const fates = ["holds", "slips once", "breaks"] as const;
export type Fate = (typeof fates)[number];

/** The agent whose tasks are done while everything around breaks. */
export const mason = defineAgent({
  name: "mason",
  version: "1.0.0",
  skills: {
    lay: skill({
      input: z.object({ fate: z.enum(fates) }),
      output: z.object({ laid: z.string() }),
    }),
  },
});

/** The agent whose events are followed in the same way. */
export const herald = defineAgent({
  name: "herald",
  version: "1.0.0",
  skills: {},
  events: {
    "stone.laid": event({
      data: z.object({ fate: z.enum(fates) }),
      description: "A stone is laid",
    }),
  },
});
