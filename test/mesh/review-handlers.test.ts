import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode, type MeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import { lab, labour, Notes } from "../support/lab.ts";
import { LeapingClock } from "../support/leaping-clock.ts";
import { movedMs } from "../support/moved.ts";

async function failure(call: Promise<unknown>): Promise<MeshError> {
  const error: unknown = await call.then(
    (value) => assert.fail(`it answered ${String(value)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(isMeshError(error), String(error));
  return error;
}

const first = (frames: AsyncIterable<unknown>) => frames[Symbol.asyncIterator]().next();

test("whatever a handler throws is handler_failed, and the instance stays up", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  for (const what of ["string", "null", "undefined", "frozen", "proxy"]) {
    assert.equal((await failure(client.toss({ what }))).code, MeshCode.HandlerFailed, what);
  }
  assert.equal((await failure(client.odd({ what: "thenable" }))).code, MeshCode.HandlerFailed);
  assert.equal(await client.echo("still here"), "still here");
});

test("what the wire cannot carry is an error that says why, as answer, as frame and as an error's data", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  const refusals = [
    ["bigint", MeshCode.InvalidOutput, /cannot be written/],
    ["circular", MeshCode.InvalidOutput, /cannot be written/],
    ["large", MeshCode.PayloadTooLarge, /bytes/],
  ] as const;
  for (const [what, code, why] of refusals) {
    for (const call of [client.odd({ what }), first(client.oddly({ what }))]) {
      const { code: came, message } = await failure(call);
      assert.deepEqual([what, came], [what, code]);
      assert.match(message, why);
    }
  }
  assert.equal((await failure(client.toss({ what: "big" }))).code, MeshCode.MalformedPayload);
  assert.equal((await failure(client.toss({ what: "large" }))).code, MeshCode.PayloadTooLarge);
});

test("what JSON has no word for arrives as JSON has it", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  for (const what of ["nothing", "symbol", "function"]) {
    assert.equal(await client.odd({ what }), undefined, what);
    assert.deepEqual(await first(client.oddly({ what })), { value: undefined, done: false }, what);
  }
  assert.equal(await client.odd({ what: "null" }), null);
  assert.equal(await client.odd({ what: "date" }), "1970-01-01T00:00:00.000Z");
});

test("every text crosses unharmed: emoji, NUL, lone surrogates, odd keys, nothing at all", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  const values = [
    {},
    [],
    "",
    0,
    false,
    "👩‍👩‍👧‍👦 naïve \u0000 \u2028 \ufeff",
    "\ud800 alone, and \udc00",
    { "": 1, "a.b": [null], __proto__x: "\r\n\r\n" },
    JSON.parse('{"__proto__":{"polluted":true}}'),
    JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`),
  ];
  for (const value of values) assert.deepEqual(await client.echo(value), value);
  assert.equal(await client.echo(undefined), undefined);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("text in another encoding is refused, not spoilt", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  const nc = await connectPlain(await mesh.options("plain"));
  const ask = (text: string, encoding: BufferEncoding) =>
    nc.request("mesh.call.lab.echo.any.plain", Buffer.from(JSON.stringify(text), encoding), {
      timeout: 20_000,
    });
  const refused = await ask("café", "latin1");
  assert.match(refused.headers?.get("Nats-Service-Error") ?? "", /malformed_payload: .* not UTF-8/);
  assert.equal(notes.calls, 0);
  for (const text of ["café", "what was lost before: \ufffd"]) {
    assert.equal((await ask(text, "utf8")).json(), text);
  }
  await nc.close();
});

test("a schema that cannot be checked at once is refused with the reason", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  const { code, message } = await failure(client.slowly("x"));
  assert.equal(code, MeshCode.InvalidInput);
  assert.match(message, /lab\.slowly cannot be checked: its schema is asynchronous/);
});

test("a handler that ignores its signal for ever gives its place back a second later", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  // By the agent's own clock, which goes as far as the test says.
  const clock = new LeapingClock();
  await mesh.serve(lab, labour(notes), { concurrency: 2, queue: 0, clock });
  const client = (await mesh.connect("ops", { retry: { attempts: 1 } })).client(lab);
  assert.equal((await failure(client.hang(1))).code, MeshCode.DeadlineExceeded);
  assert.equal((await failure(first(client.stall(1)))).code, MeshCode.DeadlineExceeded);
  const refused = async () =>
    assert.equal((await failure(client.echo("room?"))).code, MeshCode.Overloaded);
  await eventually("both hang", () => notes.calls === 2);
  await clock.leap(900, 2, refused);
  // The second begins with their deadline, or when the caller says that it waits no more.
  await clock.leap(2_000, 2, () => Promise.resolve());
  assert.equal(await client.echo("room"), "room");
  assert.equal(notes.calls, 3);
});

test("no drain waits for a handler that ignores its signal for ever", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  const agent = await mesh.serve(lab, labour(notes));
  const client = (await mesh.connect("ops", { retry: { attempts: 1 } })).client(lab);
  const hanging = failure(client.hang(2, { timeoutMs: 60_000 }));
  await eventually("it hangs", () => notes.calls === 1);
  const begun = movedMs();
  await agent.drain({ timeoutMs: 100 });
  assert.ok(movedMs() - begun < 2_000);
  assert.equal((await hanging).code, MeshCode.UnknownOutcome);
});

test("a handler that blocks its process is worked around, and takes calls again afterwards", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  const client = (await mesh.connect()).client(lab);
  // Caller and callee share this process: both stand still, and neither must take the other for dead.
  assert.equal(await client.block({ ms: 2_000 }), null);
  assert.equal(await client.echo("after"), "after");
  assert.equal(notes.calls, 2);
});
