import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, skill } from "@myelin/mesh";
import { echo, eventually, runNatsCli, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { connect } from "@nats-io/transport-node";
import { z } from "zod";
import { assertInfo, assertPing, assertStats } from "./adr-32.ts";

const slow = defineAgent({
  name: "slow",
  version: "0.2.0-rc.1",
  skills: {
    wait: skill({ input: z.object({}), output: z.object({}), errors: { no: z.object({}) } }),
    tick: skill({ input: z.object({}), frames: z.number() }),
  },
});

/** Two agents, one with two instances; `slow` has done some work and failed at some, and waits in one call. */
async function busyMesh(): Promise<TestMesh & { release(): void }> {
  const mesh = await startMesh({ agents: 2 });
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let calls = 0;
  await mesh.serve(slow, {
    wait: async (_input, ctx) => {
      calls++;
      if (calls === 1) ctx.fail("no", {});
      if (calls > 2) await released;
      return {};
    },
    tick: async function* () {
      yield 1;
    },
  });
  const caller = await mesh.connect();
  const client = caller.client(slow);
  await caller.client(echo).say({ text: "x" });
  await assert.rejects(client.wait({}), { code: "domain_error" });
  await client.wait({});
  void client.wait({}).catch(() => {});
  await eventually("a handler waits", () => calls === 3);
  return Object.assign(mesh, { release });
}

/** All answers to a question, as they came; asked again where some of these three took longer than is waited. */
function ask(mesh: TestMesh, subject: string): Promise<unknown[]> {
  return eventually("three answer", async () => {
    const answers = await askOnce(mesh, subject);
    return answers.length >= 3 && answers;
  });
}

async function askOnce(mesh: TestMesh, subject: string): Promise<unknown[]> {
  const nc = await connect(await mesh.options("ops"));
  try {
    const answers: unknown[] = [];
    const found = await nc.requestMany(subject, "", {
      strategy: "stall",
      stall: 150,
      maxWait: 3_000,
    });
    for await (const answer of found) answers.push(answer.json());
    return answers;
  } finally {
    await nc.close();
  }
}

async function cli(mesh: TestMesh, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runNatsCli(["micro", ...args], await mesh.cli());
  assert.equal(code, 0, stderr);
  // The CLI leaves out, with a warning, what its own schemas refuse.
  assert.doesNotMatch(`${stdout}${stderr}`, /invalid|validat/i);
  return stdout;
}

test("every instance answers PING, INFO and STATS as ADR-32 has it, while a handler waits", async () => {
  await using mesh = await busyMesh();
  const pings = await ask(mesh, "$SRV.PING");
  const infos = await ask(mesh, "$SRV.INFO");
  const stats = await ask(mesh, "$SRV.STATS");
  assert.deepEqual([pings.length, infos.length, stats.length], [3, 3, 3]);
  pings.forEach(assertPing);
  infos.forEach(assertInfo);
  stats.forEach(assertStats);
  mesh.release();
});

test("nats micro ls shows every instance of every agent", async () => {
  await using mesh = await busyMesh();
  const listed = JSON.parse(await cli(mesh, "ls", "--json")) as { name: string; id: string }[];
  assert.deepEqual(listed.map(({ name }) => name).sort(), ["echo", "echo", "slow"]);
  const instances = mesh.connections.slice(0, 3).map(({ instance }) => instance);
  assert.deepEqual(listed.map(({ id }) => id).sort(), [...instances].sort());
  const table = await cli(mesh, "ls");
  for (const instance of instances) assert.ok(table.includes(instance), table);
  mesh.release();
});

test("nats micro info shows an agent's skills", async () => {
  await using mesh = await busyMesh();
  const info = await cli(mesh, "info", "slow");
  assert.match(info, /Version: 0\.2\.0-rc\.1/);
  for (const name of ["wait", "tick"]) assert.match(info, new RegExp(`Name: ${name}\n`));
  assert.match(info, /Subject: mesh\.call\.slow\.wait\.any\.\*/);
  assert.match(info, /Queue Group: slow/);
  const { info: document } = JSON.parse(await cli(mesh, "info", "slow", "--json")) as {
    info: unknown;
  };
  assertInfo(document);
  mesh.release();
});

test("nats micro stats counts calls and errors of each skill", async () => {
  await using mesh = await busyMesh();
  const [stats] = JSON.parse(await cli(mesh, "stats", "slow", "--json")) as {
    endpoints: {
      name: string;
      num_requests: number;
      num_errors: number;
      processing_time: number;
    }[];
  }[];
  assertStats(stats);
  const wait = stats?.endpoints.find(({ name }) => name === "wait");
  assert.ok(wait !== undefined);
  // The third call is still at it.
  assert.ok(wait.num_requests === 2 || wait.num_requests === 3, String(wait.num_requests));
  assert.equal(wait.num_errors, 1);
  assert.ok(wait.processing_time > 0);
  assert.equal((await cli(mesh, "stats", "echo")).match(/ say /g)?.length, 2);
  mesh.release();
});

test("nats micro ping reaches every instance", async () => {
  await using mesh = await busyMesh();
  const lines = (await cli(mesh, "ping", "--timeout=1s")).trim().split("\n");
  assert.deepEqual(lines.map((line) => line.split(" ")[0]).sort(), ["echo", "echo", "slow"]);
  for (const line of lines) assert.match(line, /rtt=/);
  mesh.release();
});
