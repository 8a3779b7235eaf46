import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode, MeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { Notes, lab, labour } from "../support/lab.ts";

async function code(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    (value) => assert.fail(`it answered ${String(value)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(isMeshError(error), String(error));
  return error.code;
}

test("whatever a handler throws is handler_failed, and the instance stays up", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  for (const what of ["string", "null", "undefined", "frozen", "proxy"]) {
    assert.equal(await code(client.toss({ what })), MeshCode.HandlerFailed, what);
  }
  assert.equal(await client.echo("still here"), "still here");
});

test("an answer that JSON cannot carry is an error at once, not a silence", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect()).client(lab);
  const codes: Record<string, string> = {};
  for (const what of ["bigint", "circular", "large"]) {
    codes[`answer ${what}`] = await code(client.odd({ what }));
    codes[`frame ${what}`] = await code(client.oddly({ what })[Symbol.asyncIterator]().next());
    if (what === "circular") continue;
  }
  codes["error bigint"] = await code(client.toss({ what: "big" }));
  codes["error large"] = await code(client.toss({ what: "large" }));
  console.log(codes);
  console.log(await client.odd({ what: "bigint" }).catch((e) => e.message));
  console.log(await client.odd({ what: "circular" }).catch((e) => e.message));
  console.log(await client.toss({ what: "big" }).catch((e) => e.message));
  console.log(await client.toss({ what: "large" }).catch((e) => e.message));
  for (const what of ["nothing", "symbol", "function", "date", "null", "thenable"])
    console.log(what, await client.odd({ what }).catch((e) => e.message));
  for (const what of ["nothing", "symbol", "function", "date", "null", "thenable"])
    console.log(what, await client.oddly({ what }).next().catch((e) => e.message));
  console.log(await client.slowly("x").catch((e) => e.message));
});

test("a handler that ignores its signal for ever costs no place, and a drain waits no longer than its limit", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  const agent = await mesh.serve(lab, labour(notes), { concurrency: 2, queue: 0 });
  const client = (await mesh.connect("ops", { retry: { attempts: 1 } })).client(lab);
  assert.equal(await code(client.hang(1)), MeshCode.DeadlineExceeded);
  assert.equal(await code(client.stall(1)[Symbol.asyncIterator]().next()), MeshCode.DeadlineExceeded);
  await eventually("it has room again", () => client.echo("room").catch(() => undefined), {timeoutMs: 15_000});
  const begun = performance.now();
  await agent.drain({ timeoutMs: 200 });
  assert.ok(performance.now() - begun < 2_000);
});
