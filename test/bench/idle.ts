import { setTimeout as pause } from "node:timers/promises";
import type { Crowd } from "./idle/agents.ts";
import type { Bench, Setting } from "./support/bench.ts";
import type { Child } from "./support/child.ts";
import { Children } from "./support/children.ts";
import { atMost, type Figure } from "./support/figure.ts";
import { cpuMs, residentMiB } from "./support/processes.ts";
import { Server } from "./support/server.ts";

const inProcess = 100;
const half = 500;
const all = 1_000;

/** What agents cost that nobody calls, and that it grows with their number and not with its square. */
export const idle: Bench = {
  programs: ["idle/agents"],

  async run(setting) {
    await using server = await Server.start(setting);
    await using children = new Children(setting);
    const empty = (await server.counts()).mem / mebibyte;
    const first = await crowd(setting, server, children, 0, half);
    const small = await watch(setting, server, first);
    await crowd(setting, server, children, half, all);
    const large = await watch(setting, server, first);
    return figures(empty, small, large);
  },
};

/** Starts the agents of those numbers; answers with the first process of them. */
async function crowd(
  setting: Setting,
  server: Server,
  children: Children,
  from: number,
  to: number,
): Promise<Child | undefined> {
  let first: Child | undefined;
  for (let number = from; number < to; number += inProcess) {
    const given: Crowd = { url: server.url, from: number, count: inProcess };
    const child = await children.start("idle/agents", given);
    first ??= child;
    setting.say(`${number + inProcess} agents`);
  }
  return first;
}

/** What one look over some seconds has seen. */
interface Seen {
  /** In and out of the server, per second. */
  readonly messages: number;
  readonly serverMiB: number;
  readonly processMiB: number;
  /** Of one core. */
  readonly processCpuPercent: number;
  readonly subscriptions: number;
}

async function watch(setting: Setting, server: Server, child: Child | undefined): Promise<Seen> {
  const pid = child?.pid ?? 0;
  // What starting them has cost is not idling.
  await pause(setting.quick ? 3_000 : 5_000);
  const forMs = setting.quick ? 8_000 : 30_000;
  setting.say(`watching for ${forMs / 1_000} s`);
  const [before, cpuBefore, started] = [await server.counts(), await cpuMs(pid), performance.now()];
  await pause(forMs);
  const [after, cpuAfter] = [await server.counts(), await cpuMs(pid)];
  const tookMs = performance.now() - started;
  const messages = after.in_msgs - before.in_msgs + after.out_msgs - before.out_msgs;
  return {
    messages: (messages * 1_000) / tookMs,
    serverMiB: after.mem / mebibyte,
    processMiB: await residentMiB(pid),
    processCpuPercent: ((cpuAfter - cpuBefore) * 100) / tookMs,
    subscriptions: after.subscriptions,
  };
}

const mebibyte = 1_048_576;

function figures(emptyMiB: number, small: Seen, large: Seen): Figure[] {
  // A server on which nothing was said at all has not grown.
  const growth = large.messages === small.messages ? 1 : large.messages / small.messages;
  return [
    {
      id: "idle.messages",
      value: large.messages,
      unit: "messages/s",
      note: `${all} agents, in and out of the server; ${Math.round(small.messages)} with ${half}`,
    },
    {
      id: "idle.server.memory",
      value: large.serverMiB,
      unit: "MiB",
      note: `${Math.round(emptyMiB)} empty, ${Math.round(small.serverMiB)} with ${half}; ${large.subscriptions} subscriptions`,
    },
    {
      id: "idle.process.memory",
      value: large.processMiB,
      unit: "MiB",
      note: `${inProcess} agents in the process; ${Math.round(small.processMiB)} with ${half} in all`,
    },
    {
      id: "idle.process.cpu",
      value: large.processCpuPercent,
      unit: "% of a core",
      note: `${small.processCpuPercent.toFixed(1)} with ${half} in all`,
    },
    {
      id: "idle.growth",
      value: (growth * half) / all,
      unit: "x linear",
      target: atMost(1.2),
      note: `messages of an agent at ${all} against ${half}; 2 would be quadratic`,
    },
  ];
}
