import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, type Handlers, MeshCode, skill } from "@myelin/mesh";
import { eventually, runNatsCli, startMesh } from "@myelin/mesh/testing";
import { z } from "zod";

const said = z.object({ text: z.string() });

/** An agent that remembers what it was told, and asks another one. */
const host = defineAgent({
  name: "host",
  version: "1.0.0",
  skills: {
    tell: skill({ input: said, output: z.array(z.string()) }),
    ask: skill({ input: said, output: z.array(z.string()) }),
  },
});
const guide = defineAgent({
  name: "guide",
  version: "1.0.0",
  skills: { tell: skill({ input: said, output: z.array(z.string()) }) },
});

const texts = (turns: readonly { readonly content: unknown }[]): string[] =>
  turns.map(({ content }) => String(content));

const tell: Handlers<typeof guide>["tell"] = async ({ text }, ctx) => {
  const { turns } = await ctx.conversation().update(() => ({ role: "user", content: text }));
  return texts(turns);
};

const hostHandlers: Handlers<typeof host> = {
  tell,
  ask: ({ text }, ctx) => ctx.client(guide).tell({ text }),
};

test("a conversation goes on at any instance of the agent, and after all of them were replaced", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const [one, other] = [await mesh.serve(host, hostHandlers), await mesh.serve(host, hostHandlers)];
  const { tell } = (await mesh.connect("me")).client(host);
  const conversation = "trip-42";
  for (const text of ["a", "b", "c", "d"]) await tell({ text }, { conversation });
  await one.drain();
  await other.drain();
  await mesh.serve(host, hostHandlers);
  assert.deepEqual(await tell({ text: "e" }, { conversation }), ["a", "b", "c", "d", "e"]);
});

test("one agent asked from two conversations, and by two callers, keeps them apart", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(host, hostHandlers);
  await mesh.serve(guide, { tell });
  const me = (await mesh.connect("me")).client(host);
  const you = (await mesh.connect("you")).client(host);
  await me.ask({ text: "mine, first" }, { conversation: "1" });
  await me.ask({ text: "mine, second" }, { conversation: "2" });
  await you.ask({ text: "yours" }, { conversation: "1" });
  const seen = await Promise.all([
    me.ask({ text: "x" }, { conversation: "1" }),
    me.ask({ text: "x" }, { conversation: "2" }),
    you.ask({ text: "x" }, { conversation: "1" }),
  ]);
  assert.deepEqual(seen, [
    ["mine, first", "x"],
    ["mine, second", "x"],
    ["yours", "x"],
  ]);
});

test("a call without a conversation has none, and the handler is told how to get one", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const agent = await mesh.serve(guide, {
    tell: (_input, ctx) => {
      assert.equal(ctx.conversationId, undefined);
      assert.throws(() => ctx.conversation(), {
        code: MeshCode.InvalidArgument,
        message: /me named no conversation/,
      });
      return [ctx.conversation("own").id];
    },
  });
  const me = (await mesh.connect("me")).client(guide);
  assert.deepEqual(await me.tell({ text: "x" }), ["own"]);
  assert.throws(() => agent.conversation("with space"), { code: MeshCode.InvalidArgument });
  await assert.rejects(me.tell({ text: "x" }, { conversation: "a.b" }), {
    code: MeshCode.InvalidArgument,
  });
});

test("turns are added only after what was read; who was too late hears it and can try again", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const agent = await mesh.serve(host, hostHandlers);
  const [first, second] = [agent.conversation("c"), agent.conversation("c")];
  await first.append({ role: "user", content: "a" });
  await second.read();
  const { revision } = await first.append({ role: "user", content: "b" });
  await assert.rejects(second.append({ role: "user", content: "lost" }), {
    code: MeshCode.Conflict,
    message: /the conversation host\.c was written by somebody else since revision \d+/,
  });
  // Once more is no reading of what is there now.
  await assert.rejects(second.append({ role: "user", content: "lost" }), {
    code: MeshCode.Conflict,
  });
  await assert.rejects(
    first.append({ role: "user", content: "lost" }, { expected: revision - 1 }),
    {
      code: MeshCode.Conflict,
    },
  );
  const state = await second.update(({ turns }) => ({ role: "user", content: turns.length }));
  assert.deepEqual(texts(state.turns), ["a", "b", "2"]);
});

test("a revision that was read elsewhere is the true one here too, and an old one is refused", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const agent = await mesh.serve(host, hostHandlers);
  const [behind, ahead] = [agent.conversation("c"), agent.conversation("c")];
  const { revision: old } = await behind.append({ role: "user", content: "a" });
  await ahead.read();
  const { revision } = await ahead.append({ role: "user", content: "b" });
  const late = behind.append({ role: "user", content: "lost" }, { expected: old });
  await assert.rejects(late, { code: MeshCode.Conflict });
  const known = agent.conversation("c");
  await known.read();
  const next = await ahead.append({ role: "user", content: "c" }, { expected: revision });
  const state = await known.append({ role: "user", content: "d" }, { expected: next.revision });
  assert.deepEqual(texts(state.turns), ["a", "b", "c", "d"]);
});

test("ten writers at once lose nothing, and their turns are in one order", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const agents = [await mesh.serve(host, hostHandlers), await mesh.serve(host, hostHandlers)];
  const writers = Array.from({ length: 10 }, (_, at) => String(at));
  await Promise.all(
    writers.map((content, at) =>
      agents[at % 2]?.conversation("busy").update(() => ({ role: "user", content, id: content })),
    ),
  );
  const { turns } = (await agents[0]?.conversation("busy").read()) ?? { turns: [] };
  assert.deepEqual(texts(turns).sort(), writers);
});

test("a turn with an id is there once, however often its attempt is made", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const agent = await mesh.connect("me");
  const talk = agent.conversation("c");
  await talk.append({ role: "user", content: "a", id: "call-1" });
  await talk.append({ role: "user", content: "a", id: "call-1" });
  await agent.conversation("c").update(() => ({ role: "user", content: "a", id: "call-1" }));
  assert.deepEqual(texts((await talk.read()).turns), ["a"]);
});

test("more turns than are kept drop the oldest and count them; a turn that is too large is refused", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const talk = (await mesh.connect("me")).conversation("c", { mostTurns: 3 });
  for (const content of ["a", "b", "c", "d", "e"]) await talk.append({ role: "user", content });
  const { turns, dropped } = await talk.read();
  assert.deepEqual([texts(turns), dropped], [["c", "d", "e"], 2]);
  await assert.rejects(talk.append({ role: "user", content: "x".repeat(2_000_000) }), {
    code: MeshCode.PayloadTooLarge,
    message: /put what is large into an artifact/,
  });
  await assert.rejects(
    talk.append({ role: "user", content: undefined }),
    /must have a role, as text, and content/,
  );
  await talk.clear();
  assert.deepEqual((await talk.read()).turns, []);
});

test("turns that find no room in one message drop the oldest as well, and are counted", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const talk = (await mesh.connect("me")).conversation("c");
  for (let at = 0; at < 30; at++) {
    await talk.append({ role: "user", content: `${at}`.padEnd(40_000, ".") });
  }
  const { turns, dropped } = await talk.read();
  assert.equal(turns.length + dropped, 30);
  assert.ok(turns.length > 20 && dropped > 0, `${turns.length} kept`);
  assert.match(String(turns.at(-1)?.content), /^29\./);
});

test("a conversation that nobody goes on with expires", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const talk = (await mesh.connect("me")).conversation("c", { expiresInMs: 4_000 });
  await talk.append({ role: "user", content: "a" });
  assert.equal((await talk.read()).turns.length, 1);
  await eventually("it is gone", async () => (await talk.read()).turns.length === 0);
  assert.deepEqual(texts((await talk.append({ role: "user", content: "b" })).turns), ["b"]);
});

test("the real nats CLI shows a conversation, with its call and trace", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.serve(guide, { tell });
  const me = (await mesh.connect("me")).client(guide);
  await me.tell({ text: "hello" }, { conversation: "trip", id: "call-1" });
  const found = await runNatsCli(
    ["kv", "get", "mesh-conversations", "guide.me=trip", "--raw", "--js-api-prefix", "mesh.js"],
    await mesh.cli(),
  );
  const { turns } = JSON.parse(found.stdout || `{"why":${JSON.stringify(found.stderr)}}`);
  assert.equal(turns?.length, 1, found.stderr);
  const [{ role, content, call, trace }] = turns;
  assert.deepEqual([role, content, call], ["user", "hello", "call-1"]);
  assert.match(trace, /^[0-9a-f]{32}$/);
});

test("without a store a conversation is unavailable, and says so", async () => {
  await using mesh = await startMesh();
  const talk = (await mesh.connect("me")).conversation("c");
  await assert.rejects(talk.read(), { code: MeshCode.Unavailable });
});

test("a task belongs to the conversation that it is submitted in, named or inherited", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.takesTasks("guide");
  await mesh.serve(guide, { tell }, { tasks: { attempts: 1 } });
  const ask: Handlers<typeof host>["ask"] = async ({ text }, ctx) => {
    const task = await ctx.client(guide).tell.submit({ text });
    return task.result({ timeoutMs: 20_000 });
  };
  await mesh.serve(host, { ...hostHandlers, ask });
  const me = await mesh.connect("me");
  const conversation = "trip";
  await me.client(host).ask({ text: "a" }, { conversation });
  assert.deepEqual(await me.client(host).ask({ text: "b" }, { conversation }), ["a", "b"]);
  const task = await me.client(guide).tell.submit({ text: "mine" }, { conversation });
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), ["mine"]);
});

test("a sealed call belongs to its conversation as any other does", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const sealed = { ...guide.skills.tell, sealed: true };
  const secretive = defineAgent({ name: "guide", version: "1.0.0", skills: { tell: sealed } });
  await mesh.serve(secretive, { tell });
  const { tell: say } = (await mesh.connect("me")).client(secretive);
  await say({ text: "a" }, { conversation: "c" });
  assert.deepEqual(await say({ text: "b" }, { conversation: "c" }), ["a", "b"]);
});

test("a name that is too long with all who it came through is still one conversation, and no other", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const far = "a".repeat(63);
  const relay = defineAgent({ name: far, version: "1.0.0", skills: { ask: host.skills.ask } });
  await mesh.serve(guide, { tell });
  await mesh.serve(relay, { ask: hostHandlers.ask });
  const me = (await mesh.connect("b".repeat(63))).client(relay);
  const [one, other] = ["c".repeat(64), `${"c".repeat(63)}d`];
  await me.ask({ text: "1" }, { conversation: one });
  await me.ask({ text: "2" }, { conversation: other });
  assert.deepEqual(await me.ask({ text: "3" }, { conversation: one }), ["1", "3"]);
  assert.deepEqual(await me.ask({ text: "4" }, { conversation: other }), ["2", "4"]);
});
