import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import type { Ran } from "../../support/cli-mesh.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

function dead(home: HomeMesh, ...args: readonly string[]): Promise<Ran> {
  return home.run("dead", ...args, "--home", home.home.folder);
}

/** A mesh in which each of these tasks has died: the ids of what was to be painted, and of what was to be sketched. */
async function withDead(painted: readonly string[], sketched: readonly string[] = []) {
  const home = await storedMesh(painterMesh, ["painter"]);
  const fail = (): never => {
    throw new TypeError("no paint");
  };
  const worker = await home.connect("painter");
  const handlers = { paint: fail, sketch: fail, async *stroke() {} };
  await worker.serve(painter, handlers, { tasks: { attempts: 1 } });
  const { paint, sketch } = (await home.connect("boss")).client(painter);
  for (const id of painted) {
    await assert.rejects((await paint.submit({ what: "a door" }, { id })).result(patience));
  }
  for (const id of sketched)
    await assert.rejects((await sketch.submit({}, { id })).result(patience));
  return home;
}

/** When each letter was marked as brought back, by the server's clock, the earliest first. */
function markedAt(home: HomeMesh): Promise<readonly number[]> {
  return inStore(home, async (jsm) => {
    const { first_seq, last_seq } = (await jsm.streams.info(Store.dead)).state;
    const times: number[] = [];
    for (let seq = first_seq; seq <= last_seq; seq++) {
      const message = await jsm.streams.getMessage(Store.dead, { seq });
      if (message?.subject.startsWith("mesh.dead.redriven.")) times.push(message.time.getTime());
    }
    return times.toSorted((one, other) => one - other);
  });
}

test("dead redrive brings letters back no faster than its --rate says", async () => {
  const ids = Array.from({ length: 10 }, (_, at) => `t${at}`);
  await using home = await withDead(ids);
  const begun = Date.now();
  const { exit, err } = await dead(home, "redrive", "--all", "--rate", "5");
  assert.equal(exit, 0, err);
  const marked = await markedAt(home);
  assert.equal(marked.length, ids.length);
  // Counted from before the first: whatever stands still makes each later, and none earlier.
  for (const [place, at] of marked.entries()) {
    const wait = at - begun;
    assert.ok(wait >= 200 * place - 5, `number ${place + 1} was brought back after ${wait} ms`);
  }
});

test("dead ls narrows by a skill, and by the trace that a task belongs to", async () => {
  await using home = await withDead(["door", "wall"], ["plan"]);
  const found = async (...options: readonly string[]) => {
    const { out, err } = await dead(home, "ls", "--json", ...options);
    assert.equal(err, "");
    return JSON.parse(out) as { readonly task: string; readonly traceId: string }[];
  };
  const ids = async (...options: readonly string[]): Promise<string> =>
    (await found(...options)).map(({ task }) => task).join();
  assert.equal(await ids("--skill", "paint"), "door,wall");
  assert.equal(await ids("--skill", "sketch"), "plan");
  const traces = (await found()).map(({ traceId }) => traceId);
  assert.equal(new Set(traces).size, 3);
  for (const [at, id] of ["door", "wall", "plan"].entries()) {
    assert.equal(await ids("--trace", traces[at] ?? ""), id);
  }
  assert.equal(await ids("--trace", "0".repeat(32)), "");
});
