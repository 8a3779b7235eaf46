import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connect,
  defineAgent,
  isDomainError,
  isMeshError,
  MeshCode,
  serve,
  skill,
} from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import { z } from "zod";
import { greeter, handlers, Stage } from "../support/greeter.ts";
import { movedMs } from "../support/moved.ts";
import { quickest } from "../support/quickest.ts";

test("a call brings the handler's answer and names its caller", async () => {
  await using stage = await Stage.start();
  assert.deepEqual(await stage.client.greet({ name: "Ada" }), { text: "Hello Ada from me" });
});

test("a domain error reaches the caller typed, with its data", async () => {
  await using stage = await Stage.start();
  const error = await stage.client.greet({ name: "rude" }).catch((thrown: unknown) => thrown);
  assert.ok(isDomainError(error, greeter.skills.greet, "rude"));
  assert.equal(error.domain.data.word, "rude");
  assert.equal(error.origin, "peer");
});

test("what a handler throws undeclared is handler_failed, and its text stays at home", async () => {
  await using stage = await Stage.start();
  const error = await stage.client.greet({ name: "boom" }).catch((thrown: unknown) => thrown);
  assert.ok(isMeshError(error, MeshCode.HandlerFailed));
  assert.doesNotMatch(error.message, /1234/);
  assert.doesNotMatch(error.message, /TypeError/);
});

test("input that breaks the contract never leaves the caller", async () => {
  await using stage = await Stage.start();
  const error = await stage.client.greet({ name: "" }).catch((thrown: unknown) => thrown);
  assert.ok(isMeshError(error, MeshCode.InvalidInput));
  assert.equal(error.origin, "here");
  assert.match(error.message, /^invalid_input: .*greeter\.greet.*name/);
  assert.equal(stage.seen.calls, 0);
});

test("the caller's input crosses as it was given and is parsed once, by the callee", async () => {
  await using server = await startMesh();
  let parsed = 0;
  const input = z.object({
    day: z.string().transform((text) => {
      parsed++;
      return new Date(text);
    }),
  });
  const calendar = defineAgent({
    name: "calendar",
    version: "1.0.0",
    skills: { weekday: skill({ input, output: z.object({ weekday: z.number() }) }) },
  });
  await using _agent = await serve(
    calendar,
    { weekday: ({ day }) => ({ weekday: day.getUTCDay() }) },
    { ...server.access },
  );
  await using me = await connect({ name: "me", ...server.access });
  assert.deepEqual(await me.client(calendar).weekday({ day: "2026-01-01" }), { weekday: 4 });
  // Checked by the caller, whose result is thrown away, and parsed by the callee: both run in this process.
  assert.equal(parsed, 2);
});

test("an answer that breaks the contract is invalid_output, and the instance stays up", async () => {
  await using server = await startMesh();
  const liar = defineAgent({
    name: "liar",
    version: "1.0.0",
    skills: { tell: skill({ input: z.object({}), output: z.object({ truth: z.boolean() }) }) },
  });
  const answers: unknown[] = [{ truth: "maybe" }, { truth: true }];
  await using _agent = await serve(
    liar,
    { tell: () => answers.shift() as { truth: boolean } },
    { ...server.access },
  );
  await using me = await connect({ name: "me", ...server.access });
  await assert.rejects(me.client(liar).tell({}), { code: MeshCode.InvalidOutput });
  assert.deepEqual(await me.client(liar).tell({}), { truth: true });
});

test("a skill's deadline holds, and ends the handler's signal on the far side", async () => {
  await using stage = await Stage.start();
  // A call that is late already when it comes is not handled at all: then another one has to show it.
  do {
    await assert.rejects(stage.client.wait({}, { timeoutMs: 100 }), {
      code: MeshCode.DeadlineExceeded,
    });
  } while (stage.seen.calls === 0);
  await eventually("the handler's signal is aborted", () => stage.seen.aborted.length > 0);
});

test("a caller that aborts gets cancelled at once, and the handler is aborted within 100 ms", async () => {
  await using stage = await Stage.start();
  const { seen, client } = stage;
  const tookMs = await quickest(async () => {
    const [calls, aborted] = [seen.calls, seen.aborted.length];
    const controller = new AbortController();
    const call = client.wait({}, { signal: controller.signal });
    await eventually("the handler runs", () => seen.calls > calls);
    const from = movedMs();
    controller.abort(new Error("no longer needed"));
    await assert.rejects(call, { code: MeshCode.Cancelled, message: /no longer needed/ });
    await eventually("it is aborted", () => seen.aborted.length > aborted, { everyMs: 1 });
    return movedMs() - from;
  });
  assert.ok(tookMs < 100, `${tookMs} ms`);
  assert.deepEqual(new Set(seen.aborted), new Set(["cancelled"]));
});

test("a signal that is aborted already costs no network", async () => {
  await using stage = await Stage.start();
  await assert.rejects(stage.client.echo({ text: "x" }, { signal: AbortSignal.abort() }), {
    code: MeshCode.Cancelled,
  });
});

test("deadlines shrink through nested calls, and the path tells who came before", async () => {
  await using server = await startMesh();
  const far = defineAgent({
    name: "far",
    version: "1.0.0",
    skills: {
      look: skill({
        input: z.object({}),
        output: z.object({ left: z.number(), path: z.array(z.string()), trace: z.string() }),
      }),
    },
  });
  const near = defineAgent({
    name: "near",
    version: "1.0.0",
    skills: {
      ask: skill({
        input: z.object({}),
        output: z.object({
          left: z.number(),
          path: z.array(z.string()),
          trace: z.string(),
          mine: z.number(),
          traceHere: z.string(),
        }),
      }),
    },
  });
  await using _far = await serve(
    far,
    {
      look: (_input, ctx) => ({
        left: ctx.remainingMs(),
        path: [...ctx.path],
        trace: ctx.trace?.traceId ?? "",
      }),
    },
    server.access,
  );
  await using _near = await serve(
    near,
    {
      ask: async (_input, ctx) => {
        const mine = ctx.remainingMs();
        const seen = await ctx.client(far).look({}, { timeoutMs: 60_000 });
        return { ...seen, mine, traceHere: ctx.trace?.traceId ?? "" };
      },
    },
    server.access,
  );
  await using me = await connect({ name: "me", ...server.access });
  const seen = await me.client(near).ask({}, { timeoutMs: 20_000 });
  assert.ok(seen.mine > 0 && seen.mine <= 20_000, `near had ${seen.mine} ms`);
  assert.ok(seen.left > 0 && seen.left <= seen.mine, `far had ${seen.left} of ${seen.mine} ms`);
  assert.deepEqual(seen.path, ["me", "near"]);
  assert.equal(seen.trace, seen.traceHere);
  assert.match(seen.trace, /^[0-9a-f]{32}$/);
});

test("cancelling the first call of a chain ends the last handler", async () => {
  const relay = defineAgent({
    name: "relay",
    version: "1.0.0",
    skills: { pass: skill({ input: z.object({}), output: z.object({}) }) },
  });
  await using stage = await Stage.start();
  await using _relay = await serve(
    relay,
    { pass: async (_input, ctx) => ctx.client(greeter).wait({}) },
    { ...stage.mesh.access },
  );
  await using me = await connect({ name: "first", ...stage.mesh.access });
  const controller = new AbortController();
  const call = me.client(relay).pass({}, { signal: controller.signal });
  await eventually("the last handler runs", () => stage.seen.calls === 1);
  controller.abort();
  await assert.rejects(call, { code: MeshCode.Cancelled });
  await eventually("the last handler is aborted", () => stage.seen.aborted.length === 1);
});

test("a reply that comes after its deadline is counted and dropped", async () => {
  await using server = await startMesh();
  const late = await connectPlain(await server.options("greeter"));
  await using me = await connect({ name: "me", ...server.access });
  try {
    let answer: (() => void) | undefined;
    late.subscribe("mesh.call.greeter.echo.any.*", {
      callback: (_error, message) => {
        answer = () => void message.respond('{"text":"late"}');
      },
    });
    await late.flush();
    await assert.rejects(me.client(greeter).echo({ text: "x" }, { timeoutMs: 50 }), {
      code: MeshCode.DeadlineExceeded,
      message: /^deadline_exceeded: greeter\.echo: nothing within 50 ms/,
    });
    const reply = await eventually("the call has come", () => answer);
    reply();
    await eventually("the late reply is counted", () => me.metrics.lateReplies === 1);
  } finally {
    await late.close();
  }
});

test("an agent that nobody serves is unknown_agent, and says so at once", async () => {
  await using server = await startMesh();
  await using me = await connect({ name: "me", ...server.access, retry: { attempts: 1 } });
  await assert.rejects(me.client(greeter).echo({ text: "x" }), {
    code: MeshCode.UnknownAgent,
    message: /^unknown_agent: nobody serves greeter/,
  });
});

test("closing twice is safe, and calls after it say closed", async () => {
  await using stage = await Stage.start();
  await stage.me.close();
  await stage.me.close();
  await assert.rejects(stage.client.echo({ text: "x" }), { code: MeshCode.Closed });
});

test("why a handler failed is in its agent's own log, with the call's id and trace", async () => {
  await using server = await startMesh();
  const lines: Record<string, unknown>[] = [];
  const quiet = () => {};
  const logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields: Readonly<Record<string, unknown>>) => void lines.push(fields),
  };
  const seen = { aborted: [], yielded: 0, left: 0, calls: 0 };
  await using _agent = await serve(greeter, handlers(seen), { ...server.access, logger });
  await using me = await connect({ name: "me", ...server.access });
  await assert.rejects(me.client(greeter).greet({ name: "boom" }, { id: "call-1" }), {
    message: /call-1/,
  });
  const [line] = lines;
  assert.match(String(line?.["err"]), /the password is 1234/);
  assert.equal(line?.["id"], "call-1");
  assert.equal(line?.["caller"], "me");
  assert.match(String(line?.["traceId"]), /^[0-9a-f]{32}$/);
});
