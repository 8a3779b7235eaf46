import type { z } from "zod";
import type { payloadSchema } from "./contract.ts";

/** What is asked and answered in every bench: 256 bytes as JSON. */
export type Payload = z.infer<typeof payloadSchema>;

export const payloadBytes = 256;

/** The payload of that exact size. */
export function makePayload(): Payload {
  const payload: Payload = {
    id: "b7a3c1f04e9d",
    topic: "weekly digest",
    score: 0.875,
    urgent: false,
    tags: ["docs", "summary", "review"],
    text: "",
  };
  const rest = payloadBytes - JSON.stringify(payload).length;
  return { ...payload, text: "the mesh carries calls between agents, ".repeat(9).slice(0, rest) };
}
