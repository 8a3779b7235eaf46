import { defineAgent, skill } from "@myelin/mesh";
import { payloadSchema } from "../support/contract.ts";
import { names } from "./names.ts";

/** The agent that is called: it answers with what it was given. */
export const echo = defineAgent({
  name: names.mesh.agent,
  version: "1.0.0",
  skills: { echo: skill({ input: payloadSchema, output: payloadSchema, idempotent: true }) },
});
