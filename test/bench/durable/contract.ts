import { defineAgent, event, skill } from "@myelin/mesh";
import { payloadSchema } from "../support/contract.ts";
import { names } from "./names.ts";

/** Gives back what it gets. */
export const worker = defineAgent({
  name: names.worker,
  version: "1.0.0",
  skills: { echo: skill({ input: payloadSchema, output: payloadSchema }) },
});

/** Tells of what it noted. */
export const publisher = defineAgent({
  name: names.publisher,
  version: "1.0.0",
  skills: {},
  events: { noted: event({ data: payloadSchema }) },
});
