import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type Mesh, type ServeOptions } from "@myelin/mesh";
import { filters } from "@myelin/subjects";
import { connect as connectPlain, headers, type NatsConnection } from "@nats-io/transport-node";
import { eventually, startMesh, type TestMesh } from "../../libs/testing/index.ts";
import { echo, echoing } from "../support/echo.ts";
import { movedMs } from "../support/moved.ts";
import { steadyCalls } from "../support/steady-calls.ts";

const anyCall = filters.calls(echo.name, "any");
/** How long what was measured is remembered, generously. */
const forgottenMs = 1_500;

interface InstanceOptions extends ServeOptions {
  readonly slowerMs?: number;
}

async function instance(nats: TestMesh, options: InstanceOptions = {}): Promise<Mesh> {
  const { slowerMs = 0, ...serving } = options;
  const mesh = await connect({ name: echo.name, ...nats.access });
  await mesh.serve(
    echo,
    echoing(() => mesh.instance, slowerMs),
    serving,
  );
  return mesh;
}

test("a slow instance keeps hardly any calls", async () => {
  await using nats = await startMesh();
  await using slow = await instance(nats, { slowerMs: 60 });
  await using one = await instance(nats);
  await using two = await instance(nats);
  await using caller = await connect({ name: "ops", ...nats.access });
  await using calls = steadyCalls(32, () => caller.client(echo).who({ ms: 2 }));
  const total = () => Object.values(calls.seen().answered).reduce((sum, count) => sum + count, 0);
  const of = ({ instance }: { readonly instance: string }) => calls.seen().answered[instance] ?? 0;
  // By the thousand. Where the machine stands still all are as slow, and share alike until that is forgotten: those count not.
  const stillMs = () => performance.now() - movedMs();
  let [still, calmAt] = [stillMs(), 0];
  const isFair = async (): Promise<boolean | undefined> => {
    const begun = performance.now();
    const count = () => [total(), ...[slow, one, two].map(of)];
    const before = count();
    await eventually("a thousand calls", () => total() > (before[0] ?? 0) + 1_000);
    const [all = 0, its = 0, ...theirs] = count().map((now, at) => now - (before[at] ?? 0));
    if (stillMs() - still > 1) [still, calmAt] = [stillMs(), performance.now() + forgottenMs];
    if (begun < calmAt) return undefined;
    return its < all / 10 && theirs.every((share) => share > all / 10);
  };
  const fair: boolean[] = [];
  while (fair.length < 5) {
    const was = await isFair();
    if (was !== undefined) fair.push(was);
  }
  assert.ok(fair.filter((was) => was).length >= 4, `which thousand was fair: ${fair.join()}`);
  const { errors } = await calls.stop();
  assert.deepEqual(errors, []);
});

test("calls go to an instance by name once it is known, not through the queue group", async () => {
  await using nats = await startMesh();
  await using served = await instance(nats);
  const watcher = await connectPlain(await nats.options("ops"));
  const routes = new Set<string>();
  watcher.subscribe("mesh.call.>", {
    callback: (_error, message) => {
      routes.add(message.subject.split(".")[4] ?? "");
    },
  });
  await watcher.flush();
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(echo);
  await eventually("a call by name", async () => {
    await client.who({ ms: 0 });
    return routes.has(`i-${served.instance}`);
  });
  await watcher.close();
});

test("a full instance leaves the queue group while another has room, and comes back", async () => {
  await using nats = await startMesh({ monitor: true });
  await using full = await instance(nats, { concurrency: 1, queue: 20, callerShare: 1 });
  await using free = await instance(nats);
  await using client = await plain(nats);
  const busy = client.fill(full, 12, 250);
  await eventually("it has left", async () => !(await inGroup(nats)).has(full.instance));
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.ask("any")));
  assert.deepEqual(new Set(answers.map((answer) => answer.instance)), new Set([free.instance]));
  await busy;
  await eventually("it is back", async () => (await inGroup(nats)).has(full.instance));
});

test("the last instance stays in the queue group and refuses as overloaded", async () => {
  await using nats = await startMesh();
  await using first = await instance(nats, { concurrency: 1, queue: 2, callerShare: 1 });
  await using second = await instance(nats, { concurrency: 1, queue: 2, callerShare: 1 });
  await using client = await plain(nats);
  const busy = [client.fill(first, 3, 1_500), client.fill(second, 3, 1_500)];
  const end = performance.now() + 2_500;
  const codes = new Set<string>();
  while (performance.now() < end) codes.add((await client.ask("any")).code);
  // 503 would be the server's word that nobody is in the group; an empty code is a call that found room after all.
  assert.deepEqual([codes.has("429"), codes.has("503")], [true, false]);
  await Promise.all(busy);
});

interface Connections {
  readonly connections: readonly {
    readonly name: string;
    readonly subscriptions_list_detail?: readonly { readonly subject: string }[];
  }[];
}

/** The instances whose connections the server has in the queue group. */
async function inGroup(nats: TestMesh): Promise<ReadonlySet<string>> {
  const page = await fetch(`${nats.server.monitorUrl}/connz?subs=detail`);
  const { connections } = (await page.json()) as Connections;
  const group = connections.filter((connection) =>
    connection.subscriptions_list_detail?.some(({ subject }) => subject === anyCall),
  );
  return new Set(group.map(({ name }) => name.split("/")[1] ?? ""));
}

/** A client that knows nothing of the mesh but its subjects. */
async function plain(nats: TestMesh) {
  const nc: NatsConnection = await connectPlain(await nats.options("plain"));
  const ask = async (route: string, ms = 0, skill = "who") => {
    const subject = `mesh.call.${echo.name}.${skill}.${route}.plain`;
    const head = headers();
    head.set("Mesh-Timeout", "30000");
    const options = { timeout: 30_000, headers: head };
    const reply = await nc.request(subject, JSON.stringify({ ms }), options);
    const code = reply.headers?.get("Nats-Service-Error-Code") ?? "";
    const body = code === "" ? reply.json<{ instance: string }>() : { instance: "" };
    return { code, instance: body.instance };
  };
  return {
    nc,
    ask,
    /** Gives one instance so much to do that it has no room. */
    fill: (mesh: Mesh, calls: number, ms: number) =>
      Promise.all(Array.from({ length: calls }, () => ask(`i-${mesh.instance}`, ms))),
    [Symbol.asyncDispose]: () => nc.close(),
  };
}
