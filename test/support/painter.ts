import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";

/** An agent whose tasks tests submit. */
export const painter = defineAgent({
  name: "painter",
  version: "1.2.0",
  skills: {
    paint: skill({
      input: z.object({ what: z.string() }),
      output: z.object({ painted: z.string() }),
      errors: { dry: z.object({ colour: z.string() }) },
    }),
    sketch: skill({ input: z.object({}), output: z.object({}) }),
    stroke: skill({ input: z.object({}), frames: z.object({}) }),
  },
});

/** Who may submit to it, and who may not. */
export const painterMesh = `version: 1
workspaces:
  desk:
    agents:
      painter: { skills: [paint, sketch, stroke] }
      boss: { submits: [painter.*], hears: [] }
      rival: { submits: [painter.paint] }
      stranger: { calls: [painter.paint] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
`;
