import { z } from "zod";

/** The payload of every bench, as a contract has it. */
export const payloadSchema = z.object({
  id: z.string(),
  topic: z.string(),
  score: z.number(),
  urgent: z.boolean(),
  tags: z.array(z.string()),
  text: z.string(),
});
