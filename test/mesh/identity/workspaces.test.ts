import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { movedMs } from "../../support/moved.ts";
import { quickest } from "../../support/quickest.ts";
import {
  clerk,
  handlers,
  policy,
  refusal,
  seen,
  startWorkspaces,
  summarizer,
} from "../../support/workspaces.ts";

const desk = { workspace: "desk" };

test("a skill that is shared is called from another workspace, and the callee sees which one", async () => {
  await using mesh = await startWorkspaces();
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const answer = await pricer.client(summarizer, desk).condense({ text: "x" });
  assert.deepEqual(answer, {
    caller: "sales/pricer",
    workspace: "sales",
    path: ["sales/pricer"],
  });
  const own = await mesh.connect("clerk", { workspace: "desk" });
  const near = await own.client(summarizer).condense({ text: "x" });
  assert.deepEqual(near, { caller: "clerk", path: ["clerk"] });
});

test("a stream crosses with its flow control: a reader that rests makes the producer rest", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const frames = pricer.client(summarizer, desk).spell({ frames: 400, bytes: 8_192 });
  const reader = frames[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value?.length, 8_192);
  let before = -1;
  const rests = (): boolean => {
    const same = what.yielded === before;
    before = what.yielded;
    return same;
  };
  await eventually("the producer waits for its reader", rests, { everyMs: 100 });
  assert.ok(before < 200, `${before} frames`);
  let count = 1;
  for await (const frame of { [Symbol.asyncIterator]: () => reader }) count += frame.length / 8_192;
  assert.equal(count, 400);
});

test("a caller that gives up ends the work in the other workspace within 100 ms", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const client = pricer.client(summarizer, desk);
  await client.condense({ text: "warm" });
  const tookMs = await quickest(async () => {
    const before = what.waiting;
    what.cancelledAt = undefined;
    const giveUp = new AbortController();
    const waiting = client.wait({ ms: 20_000 }, { signal: giveUp.signal });
    await eventually("the handler works", () => what.waiting > before);
    const from = movedMs();
    giveUp.abort();
    await assert.rejects(waiting, { code: MeshCode.Cancelled });
    await eventually("the handler hears of it", () => what.cancelledAt !== undefined);
    return (what.cancelledAt ?? Number.POSITIVE_INFINITY) - from;
  });
  assert.ok(tookMs < 100, `${tookMs} ms`);
});

test("a reader that leaves ends the stream in the other workspace", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  for await (const _ of pricer.client(summarizer, desk).spell({ frames: 1e6, bytes: 8_192 })) break;
  await eventually("the producer has left", () => what.left === 1);
});

test("a deadline holds, and so does a call that stays out longer than probes wait", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const client = pricer.client(summarizer, desk);
  const late = client.wait({ ms: 20_000 }, { timeoutMs: 2_000 });
  await assert.rejects(late, { code: MeshCode.DeadlineExceeded });
  await eventually("the handler hears of it", () => what.cancelledAt !== undefined);
  assert.deepEqual(await client.wait({ ms: 1_800 }), { ms: 1_800 });
});

test("many calls that stay out are found at all the instances that have them", async () => {
  await using mesh = await startWorkspaces();
  for (let more = 0; more < 4; more++) await mesh.serve(summarizer, handlers(seen()));
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const client = pricer.client(summarizer, desk);
  const waits = Array.from({ length: 40 }, () => client.wait({ ms: 2_000 }));
  assert.equal((await Promise.all(waits)).length, 40);
});

test("an error that the skill declares crosses with its data", async () => {
  await using mesh = await startWorkspaces();
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  await assert.rejects(pricer.client(summarizer, desk).pick({ text: "red" }), {
    code: MeshCode.DomainError,
    domain: { name: "none_left", data: { of: "red" } },
  });
});

test("a skill that is not granted is permission_denied, with the line of mesh.yaml that would allow it", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  await assert.rejects(
    pricer.client(summarizer, desk).secret({ text: "x" }),
    refusal(/agents\.pricer\.calls: \[desk\/summarizer\.secret\]/),
  );
  const clerkOfSales = await mesh.connect("clerk", { workspace: "sales" });
  await assert.rejects(
    clerkOfSales.client(summarizer, desk).pick({ text: "x" }),
    refusal(/agents\.clerk\.calls: \[desk\/summarizer\.pick\]/),
  );
  const intern = await mesh.connect("intern", { workspace: "sales" });
  await assert.rejects(
    intern.client(summarizer, desk).condense({ text: "x" }),
    refusal(/agents\.intern\.calls: \[desk\/summarizer\.condense\]/),
  );
  const tester = await mesh.connect("tester", { workspace: "lab" });
  await assert.rejects(
    tester.client(summarizer, desk).condense({ text: "x" }),
    refusal(/agents\.tester\.calls: \[desk\/summarizer\.condense\]/),
  );
  assert.deepEqual(what.served, []);
});

test("nobody there is unknown_agent at once", async () => {
  await using mesh = await startWorkspaces();
  const pricer = await mesh.connect("pricer", { workspace: "sales", retry: { attempts: 1 } });
  await mesh.connections[0]?.close();
  await assert.rejects(
    pricer.client(summarizer, desk).condense({ text: "x" }),
    refusal(/nobody serves desk\/summarizer now/, MeshCode.UnknownAgent),
  );
});

test("a call that the server would forget is refused before it leaves", async () => {
  await using mesh = await startWorkspaces();
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  await assert.rejects(
    pricer.client(summarizer, desk).condense({ text: "x" }, { timeoutMs: 3_600_001 }),
    refusal(/timeoutMs .*at most 3600000 milliseconds.*got 3600001/, MeshCode.InvalidArgument),
  );
});

test("an agent of the same name here is not the one there", async () => {
  await using mesh = await startWorkspaces();
  await mesh.serve(
    clerk,
    { look: (_, { caller, path }) => ({ caller, path: [...path] }) },
    { workspace: "sales" },
  );
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const near = await pricer.client(clerk).look({ text: "x" });
  assert.equal(near.caller, "pricer");
  await assert.rejects(
    pricer.client(clerk, desk).look({ text: "x" }),
    refusal(/desk\/clerk\.look/),
  );
});

test("an onward call carries where it came through", async () => {
  await using mesh = await startWorkspaces();
  await mesh.serve(
    clerk,
    { look: (asked, ctx) => ctx.client(summarizer, desk).condense(asked) },
    { workspace: "sales" },
  );
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const answer = await pricer.client(clerk).look({ text: "x" });
  assert.deepEqual(answer, {
    caller: "sales/clerk",
    workspace: "sales",
    path: ["sales/pricer", "sales/clerk"],
  });
});

test("the server forgets a call from another workspace when it is over, and no late reply is counted", async () => {
  await using mesh = await startWorkspaces();
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const client = pricer.client(summarizer, desk);
  const url = mesh.server.monitorUrl;
  for (let at = 0; at < 20; at++) await client.condense({ text: "x" });
  for await (const _ of client.spell({ frames: 200, bytes: 8_192 }));
  await assert.rejects(client.pick({ text: "x" }));
  await client.wait({ ms: 600 });
  assert.equal(pricer.metrics.lateReplies, 0);
  await assert.rejects(client.wait({ ms: 20_000 }, { timeoutMs: 300 }));
  await eventually("nothing is remembered", async () => (await waysBack(url)).length === 0);
});

test("the access log and the shares of the room tell callers of other workspaces apart", async () => {
  const callers: string[] = [];
  await using mesh = await startMesh({ policy });
  await mesh.serve(summarizer, handlers(seen()), {
    onAccess: ({ caller }) => callers.push(caller),
  });
  for (const [name, workspace] of [
    ["clerk", "sales"],
    ["clerk", "desk"],
  ] as const) {
    const joined = await mesh.connect(name, { workspace });
    const options = workspace === "desk" ? {} : desk;
    await joined.client(summarizer, options).condense({ text: "x" });
  }
  assert.deepEqual(callers, ["sales/clerk", "clerk"]);
});

test("an end user's name stays in its workspace: saying one is refused, what came in is not passed on", async () => {
  await using mesh = await startWorkspaces();
  const users: (string | undefined)[] = [];
  const onward = await mesh.serve(
    clerk,
    {
      look: (asked, ctx) => {
        users.push(ctx.onBehalfOf?.user);
        return ctx.client(summarizer, desk).condense(asked);
      },
    },
    { workspace: "sales" },
  );
  const onBehalfOf = { user: "ada", scopes: ["read"] };
  const gate = await mesh.connect("gate", { workspace: "sales" });
  const answer = await gate.client(clerk).look({ text: "x" }, { onBehalfOf });
  assert.equal(answer.caller, "sales/clerk");
  assert.deepEqual(users, ["ada"]);
  await assert.rejects(
    onward.client(summarizer, desk).condense({ text: "x" }, { onBehalfOf }),
    refusal(/onBehalfOf stays within a workspace/, MeshCode.InvalidArgument),
  );
});

test("a workspace is named as a token is", async () => {
  await using mesh = await startWorkspaces();
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  for (const workspace of ["", "a.b", "*", "Desk", "desk/x"])
    assert.throws(
      () => pricer.client(summarizer, { workspace }),
      { code: MeshCode.InvalidName },
      workspace,
    );
});

/** The reply subjects of other workspaces that the server keeps open. */
async function waysBack(monitor: string | undefined): Promise<string[]> {
  const ask = async (path: string) => (await fetch(`${monitor}${path}`)).json();
  const { accounts } = (await ask("/accountz")) as { accounts: string[] };
  const found: string[] = [];
  for (const account of accounts) {
    const { account_detail: detail } = (await ask(`/accountz?acc=${account}`)) as {
      account_detail: { responses?: Record<string, unknown> };
    };
    found.push(...Object.keys(detail.responses ?? {}));
  }
  return found;
}
