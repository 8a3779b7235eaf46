import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import {
  CallSignal,
  type Operation,
  type Request,
  type Serve,
  Wheel,
} from "../../../libs/pipeline/index.ts";
import { ManualClock, operation } from "../../../libs/testing/index.ts";
import {
  ControlReceiver,
  type ForeignClaim,
  ForeignIncoming,
  HeldAttempts,
  Incoming,
} from "../../../libs/transport/index.ts";
import { json, ReplyHeads } from "../../../libs/wire/index.ts";
import { deferred, errorOf, settled } from "./serving.ts";
import { block, FakeLink } from "./world.ts";

const account = `A${"B".repeat(55)}`;
const token = "0123456789abcdef";
const reply = "_R_.a1.b2";
const lines = ["Mesh-Id: c1", `Mesh-Token: ${token}`, "Mesh-Envelope: a.b", "Mesh-Signer: x.y.z"];
const signed = block(...lines);

/** The agent `far` as other workspaces reach it; `verify` is what the test says. */
function reached(
  verify: (claim: ForeignClaim) => Promise<string> = async () => "sales",
  serve: Serve = async () => 1,
  parts: Partial<Operation> = {},
) {
  const far = new FakeLink();
  const clock = new ManualClock(1_000);
  const wheel = new Wheel(clock);
  const held = new HeldAttempts();
  const refused: string[] = [];
  const requests: Request[] = [];
  const skill = operation({ request: json, response: json, ...parts });
  const shared = {
    ...{ link: far.link, agent: "far", held, clock, wheel, heads: new ReplyHeads("f1") },
    load: () => 2,
    operations: new Map([[skill.skill, skill]]),
    onRefused: (reason: string) => void refused.push(reason),
  };
  const incoming = new Incoming({
    ...shared,
    serve: (request) => {
      requests.push(request);
      return serve(request);
    },
    newId: () => "made-up",
  });
  const foreign = new ForeignIncoming({ ...shared, incoming, verify });
  const control = new ControlReceiver({ ...shared, instance: "f1" });
  far.subscribe("mesh.xcall.*.far.*.any.*", foreign.receive);
  far.subscribe("mesh.xcontrol.*.far.*.*", control.receiveForeign);
  const ask = (head = signed, to = reply, from = account) =>
    far.deliver(`mesh.xcall.${from}.far.work.any.pricer`, "{}", head, to);
  const tell = (body: unknown, route = "any", caller = "pricer", to = "_R_.c3.d4") =>
    far.deliver(`mesh.xcontrol.${account}.far.${route}.${caller}`, JSON.stringify(body), "", to);
  return { far, clock, held, refused, requests, foreign, ask, tell };
}

const texts = ({ sent }: FakeLink) =>
  sent.map(({ subject, text, head }) => `${subject} ${text}${head === "" ? " bare" : ""}`);

test("a call that is verified is served under the workspace's and the caller's name, and its way back closed", async () => {
  const claims: ForeignClaim[] = [];
  const { far, requests, held, ask } = reached(async (claim) => {
    claims.push(claim);
    return "sales";
  });
  ask(block(...lines, "Mesh-Path: editor,lab/reader,pricer"));
  await settled();
  const { body, ...said } = claims[0] ?? assert.fail("nothing was verified");
  assert.equal(Buffer.from(body).toString(), "{}");
  assert.deepEqual(said, {
    ...{ account, caller: "pricer", agent: "far", skill: "work", route: "any", id: "c1", token },
    ...{ envelope: "a.b", signer: "x.y.z", contentType: "application/json" },
  });
  const [request] = requests;
  assert.equal(request?.caller, "sales/pricer");
  assert.equal(request?.workspace, "sales");
  assert.equal(request?.path, "sales/editor,lab/reader,sales/pricer");
  assert.equal(request?.direct, false);
  assert.deepEqual(texts(far), [`${reply} 1`, `${reply}  bare`]);
  assert.equal(held.size, 0);
});

test("only a reply subject that the server made is answered, and only an account's key is taken for one", async () => {
  const { far, refused, requests, ask } = reached();
  for (const to of [
    "",
    "_INBOX.pricer.i1.t",
    "_R_",
    "_R_.",
    "_R_.*",
    "_R_.>",
    "mesh.call.far.work.any.ops",
  ])
    ask(signed, to);
  ask(signed, `_R_.${"x".repeat(300)}`);
  for (const from of ["sales", "desk", account.toLowerCase(), `${account}B`])
    ask(signed, reply, from);
  await settled();
  assert.deepEqual(refused, [...Array(8).fill("reply_subject"), ...Array(4).fill("subject")]);
  assert.deepEqual(far.sent, []);
  assert.deepEqual(requests, []);
});

test("what is not proved is refused, counted and forgotten", async () => {
  const denied = new MeshError(MeshCode.PermissionDenied, "nobody knows you");
  const { far, refused, requests, held, ask } = reached(() => Promise.reject(denied));
  ask();
  await settled();
  ask(block("Mesh-Id: c1"));
  assert.equal(errorOf(far.sent[0]).code, MeshCode.PermissionDenied);
  assert.match(errorOf(far.sent[2]).message, /must be signed/);
  assert.deepEqual(refused, ["permission_denied", "permission_denied"]);
  assert.deepEqual(requests, []);
  assert.equal(held.size, 0);
});

test("an unknown skill and an end user's token are refused before anything is verified", async () => {
  const { far, ask } = reached(() => assert.fail("nothing is to be verified"));
  ask(block(...lines, "Mesh-On-Behalf: x"));
  far.deliver(`mesh.xcall.${account}.far.nap.any.pricer`, "{}", signed, reply);
  const errors = far.sent.filter(({ head }) => head !== "").map((sent) => errorOf(sent).code);
  assert.deepEqual(errors, [MeshCode.PermissionDenied, MeshCode.UnknownSkill]);
});

test("a stream from another workspace must have credit, since its reader cannot be looked after otherwise", async () => {
  const { far, ask } = reached(
    async () => "sales",
    async () => [],
    { streams: true },
  );
  ask();
  assert.equal(errorOf(far.sent[0]).code, MeshCode.MalformedHeader);
});

test("so many calls are verified at once, more are asked to come again", async () => {
  const slow = deferred();
  const { far, ask, foreign, clock } = reached(() => slow.promise as Promise<string>);
  for (let at = 0; at < 300; at++) {
    const other = lines.map((line) => line.replace(token, `${token}${at}`));
    ask(block(...other), `_R_.a.${at}`);
  }
  const crowded = far.sent.filter(({ head }) => head !== "").map(errorOf);
  assert.equal(crowded.length, 44);
  assert.ok(
    crowded.every(({ code, retryAfterMs }) => code === "overloaded" && retryAfterMs === 100),
  );
  let isSettled = false;
  void foreign.settled(1_000).then(() => {
    isSettled = true;
  });
  await settled();
  assert.equal(isSettled, false);
  slow.resolve("sales");
  await settled();
  await settled();
  assert.equal(isSettled, true);
  clock.advance(1_000);
});

test("who gives up while it is verified is not served", async () => {
  const slow = deferred();
  const { far, requests, held, ask, tell } = reached(() => slow.promise as Promise<string>);
  ask();
  tell({ cancel: { token } });
  slow.resolve("sales");
  await settled();
  assert.deepEqual(requests, []);
  assert.equal(held.size, 0);
  assert.deepEqual(texts(far), ["_R_.c3.d4  bare", `${reply}  bare`]);
});

test("control from elsewhere reaches its own attempts only, and its way back is closed", async () => {
  const work = deferred();
  const { far, requests, ask, tell } = reached(
    async () => "sales",
    () => work.promise,
  );
  ask();
  await settled();
  tell({ cancel: { token } }, "any", "intern");
  tell({ cancel: { token: "another" } });
  assert.equal(requests[0]?.signal.reason, undefined);
  far.sent.length = 0;
  tell({ probe: { tokens: [token] } });
  const answer = JSON.stringify({ instance: "f1", held: [token], load: 2 });
  assert.deepEqual(texts(far), [`_R_.c3.d4 ${answer} bare`, "_R_.c3.d4  bare"]);
  far.sent.length = 0;
  tell({ probe: { tokens: ["another"] } });
  assert.deepEqual(far.sent, [], "another instance may have it");
  tell({ cancel: { token } }, "i-f1");
  assert.match(String(requests.at(0)?.signal.reason), /pricer gave up/);
});

test("control with a reply subject of a client is dropped", async () => {
  const { refused, requests, ask, tell } = reached(
    async () => "sales",
    () => deferred().promise,
  );
  ask();
  await settled();
  for (const to of ["", "_INBOX.pricer.i1.x", "_R_."])
    tell({ cancel: { token } }, "any", "pricer", to);
  assert.deepEqual(refused, Array(3).fill("control_reply_subject"));
  assert.equal(requests[0]?.signal.reason, undefined);
});

test("an agent here cannot ask after or cancel what another workspace's agent of its name has here", async () => {
  const { held, ask } = reached(
    async () => "sales",
    () => deferred().promise,
  );
  ask();
  await settled();
  assert.equal(held.size, 1);
  assert.equal(held.find(token, "pricer"), undefined);
  assert.equal(held.find(token, "sales/pricer"), undefined);
  assert.ok(held.find(token, `${account}/pricer`)?.signal instanceof CallSignal);
});
