import type { AgentPolicy, Asks, MeshPolicy } from "@myelin/subjects";

const nothing: Asks = { calls: [], submits: [], publishes: [], hears: [], vouches: false };
const agent = (given: Partial<AgentPolicy>): AgentPolicy => ({
  ...nothing,
  skills: [],
  follows: {},
  ...given,
});

/**
 * Who is there: bob can wipe, which only carol may ask for. mallory has a little of every kind of right, all under its
 * own name, and tries to get more out of it.
 */
export const hostilePolicy: MeshPolicy = {
  version: 1,
  workspaces: {
    desk: {
      guests: false,
      agents: {
        bob: agent({ skills: ["wipe", "list"], publishes: ["done"] }),
        carol: agent({
          skills: ["sum"],
          calls: ["bob.*", "mallory.nice"],
          submits: ["bob.*", "mallory.nice"],
          publishes: ["done"],
          hears: ["bob.done"],
        }),
        mallory: agent({
          skills: ["nice"],
          calls: ["bob.list"],
          submits: ["bob.list"],
          publishes: ["gossip"],
          hears: ["bob.done"],
        }),
      },
      roles: {
        gateway: { ...nothing, members: ["door"], calls: ["bob.list"] },
        observer: { ...nothing, members: ["eve"] },
      },
      shares: [],
    },
  },
};
