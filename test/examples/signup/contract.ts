import { defineAgent, event } from "@myelin/mesh";
import { z } from "zod";

/** Tells who has signed up. It does not know who listens. */
export const accounts = defineAgent({
  name: "accounts",
  version: "1.0.0",
  skills: {},
  events: {
    "user.signed-up": event({
      description: "Somebody has an account from now on",
      data: z.object({ user: z.string().min(1), plan: z.enum(["free", "paid"]) }),
    }),
  },
});
