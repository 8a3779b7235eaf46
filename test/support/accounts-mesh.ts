import { defineAgent, event } from "@myelin/mesh";
import { z } from "zod";

const user = z.object({ user: z.string(), plan: z.enum(["free", "paid"]).default("free") });

/** An agent that tells what happens to its users. */
export const accounts = defineAgent({
  name: "accounts",
  version: "1.4.0",
  skills: {},
  events: {
    "user.signed-up": event({ description: "Somebody has an account from now on", data: user }),
    "user.left": event({ data: user }),
    "plan.changed": event({ data: user, signed: true }),
  },
});

/** Who tells and who follows it, and who may not. */
export const accountsMesh = `version: 1
workspaces:
  desk:
    agents:
      accounts: { publishes: [user.signed-up, user.left, plan.changed] }
      crm:
        silenceMs: 5000
        hears: [accounts.user.signed-up, accounts.plan.changed]
        follows:
          users: { from: beginning, events: [accounts.user.signed-up, accounts.user.left] }
          plans: { from: beginning, events: [accounts.plan.changed] }
          all: { from: beginning, events: [accounts.*] }
      welcome:
        follows:
          signups: { from: now, events: [accounts.user.signed-up] }
      rival: { publishes: [user.signed-up], hears: [accounts.user.signed-up] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
`;
