import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connect,
  defineAgent,
  type Handlers,
  isMeshError,
  MeshCode,
  serve,
  skill,
} from "@myelin/mesh";
import { eventually, startMesh, startNats, type TestMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { timed } from "../support/moved.ts";

const text = z.object({ text: z.string() });

const worker = defineAgent({
  name: "worker",
  version: "1.0.0",
  skills: {
    once: skill({ input: text, output: text }),
    again: skill({ input: text, output: text, idempotent: true }),
    count: skill({ input: z.object({}), frames: z.number() }),
  },
});

/** What a worker does: its `once` and `again` wait while told to. */
function workshop() {
  const state = { waits: false, runs: 0, texts: [] as string[] };
  const work = async (input: z.infer<typeof text>, ctx: { readonly signal: AbortSignal }) => {
    state.runs++;
    state.texts.push(input.text);
    if (state.waits) await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    return input;
  };
  const handlers: Handlers<typeof worker> = {
    once: work,
    again: work,
    count: async function* (_input, ctx) {
      for (let n = 0; !ctx.signal.aborted; n++) {
        yield n;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
  return { state, handlers };
}

/** A worker and a caller. */
async function working(mesh: TestMesh) {
  const { state, handlers } = workshop();
  const served = await mesh.serve(worker, handlers);
  const caller = await mesh.connect("tester");
  const client = caller.client(worker);
  await client.again({ text: "warm" });
  state.runs = 0;
  return { state, served, caller, client };
}

test("calls while the broker is away fail fast with unavailable, idempotent or not", async () => {
  await using mesh = await startMesh();
  const { caller, client, state } = await working(mesh);
  await mesh.server.kill();
  await eventually("the caller knows", () => !caller.isUp);
  for (const ask of [client.once, client.again]) {
    const took = await timed(() =>
      assert.rejects(ask({ text: "x" }), { code: "unavailable", origin: "here" }),
    );
    assert.ok(took < 200, `${took} ms`);
  }
  const frames = async () => {
    for await (const _ of client.count({})) assert.fail("a frame came");
  };
  await assert.rejects(frames(), { code: "unavailable" });
  assert.equal(state.runs, 0);
});

test("everything works again within two seconds of the broker's return", async () => {
  await using mesh = await startMesh();
  const { served, client, state } = await working(mesh);
  for (let loss = 1; loss <= 2; loss++) {
    await mesh.server.kill();
    await eventually("the worker knows", () => !served.isUp);
    await mesh.server.restart();
    const answered = () => client.once({ text: "x" }, { timeoutMs: 500 }).catch(() => undefined);
    const took = await timed(() => eventually("it answers", answered));
    assert.ok(took < 2_000, `${took} ms`);
  }
  assert.ok(state.runs >= 2);
});

test("a call in flight that may have run ends as unknown outcome, at once", async () => {
  await using mesh = await startMesh();
  const { client, state } = await working(mesh);
  state.waits = true;
  const asked = client.once({ text: "x" }, { timeoutMs: 20_000 });
  const refused = assert.rejects(asked, { code: "unknown_outcome" });
  await eventually("it runs", () => state.runs === 1);
  const took = await timed(async () => {
    await mesh.server.kill();
    await refused;
  });
  assert.ok(took < 1_000, `${took} ms`);
});

test("an idempotent call in flight is done again when the broker is back", async () => {
  await using mesh = await startMesh();
  const { client, state } = await working(mesh);
  state.waits = true;
  const asked = client.again({ text: "x" }, { timeoutMs: 20_000 });
  await eventually("it runs", () => state.runs === 1);
  await mesh.server.kill();
  state.waits = false;
  await mesh.server.restart();
  assert.deepEqual(await asked, { text: "x" });
  assert.equal(state.runs, 2);
});

test("a stream in flight ends, and the next one works", async () => {
  await using mesh = await startMesh();
  const { client, caller } = await working(mesh);
  let frames = 0;
  const read = async () => {
    for await (const _ of client.count({})) {
      frames++;
      if (frames === 3) await mesh.server.kill();
    }
  };
  await assert.rejects(read(), (error) => {
    assert.ok(isMeshError(error));
    assert.ok(["unknown_outcome", "broken_stream"].includes(error.code), error.message);
    return true;
  });
  await mesh.server.restart();
  await eventually("the caller is back", () => caller.isUp);
  const first = async () => {
    for await (const frame of client.count({})) return frame === 0;
    return false;
  };
  await eventually("a stream begins", () => first().catch(() => false));
});

test("of many calls in flight at the kill each ends, and what is not idempotent runs once", async () => {
  await using mesh = await startMesh();
  const { client, caller, state } = await working(mesh);
  const outcomes = Array.from({ length: 200 }, (_, n) =>
    client[n % 2 === 0 ? "once" : "again"]({ text: String(n) }, { timeoutMs: 8_000 }).then(
      (answer) => (answer.text === String(n) ? "answered" : "mixed up"),
      (error) => (isMeshError(error) ? error.code : String(error)),
    ),
  );
  const killed = mesh.server.kill();
  const late = Array.from({ length: 20 }, () =>
    client.again({ text: "late" }, { timeoutMs: 8_000 }).then(
      () => "answered",
      (error) => (isMeshError(error) ? error.code : String(error)),
    ),
  );
  await killed;
  await eventually("the caller knows", () => !caller.isUp);
  await mesh.server.restart();
  const known = new Set<string>(["answered", MeshCode.UnknownOutcome, MeshCode.Unavailable]);
  for (const outcome of await Promise.all([...outcomes, ...late]))
    assert.ok(known.has(outcome), outcome);
  for (let n = 0; n < 200; n += 2)
    assert.ok(state.texts.filter((ran) => ran === String(n)).length <= 1, `${n} ran twice`);
});

test("refused credentials on the way back do not end a mesh for good", async () => {
  const rightly = "authorization { user: a, password: right }";
  await using server = await startNats({ config: rightly });
  const joining = { servers: server.url, nats: { user: "a", pass: "right" } };
  await using served = await serve(worker, workshop().handlers, joining);
  await using caller = await connect({ ...joining, name: "tester" });
  const client = caller.client(worker);
  await client.once({ text: "x" });
  await server.reload("authorization { user: a, password: other }");
  await eventually("both are out", () => !caller.isUp && !served.isUp);
  await assert.rejects(client.once({ text: "x" }), { code: "unavailable" });
  // nats.js alone gives up at the second refusal.
  const refusals = () => server.log.match(/authentication error/g)?.length ?? 0;
  await eventually("each was refused several times", () => refusals() >= 8);
  await server.reload(rightly);
  const answered = () => client.once({ text: "x" }, { timeoutMs: 500 }).catch(() => undefined);
  const took = await timed(() => eventually("it answers", answered));
  assert.ok(took < 2_000, `${took} ms`);
});

test("closing and draining while the broker is away end in bounded time", async () => {
  await using mesh = await startMesh();
  const { caller, served } = await working(mesh);
  await mesh.server.kill();
  await eventually("both know", () => !caller.isUp && !served.isUp);
  const took = await timed(() => Promise.all([caller.close(), served.drain({ timeoutMs: 1_000 })]));
  assert.ok(took < 2_500, `${took} ms`);
});
