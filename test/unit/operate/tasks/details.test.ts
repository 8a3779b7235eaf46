import assert from "node:assert/strict";
import { test } from "node:test";
import { storeApi } from "@myelin/subjects";
import { MeshCode } from "../../../../libs/errors/index.ts";
import { readDetails } from "../../../../libs/operate/tasks/details.ts";
import type { TaskReader } from "../../../../libs/operate/tasks/reader.ts";
import { fakeStream } from "../../../support/fake-stream.ts";

/** A store in whose queue so many tasks wait, and nothing else. */
function waiting(many: number): { readonly reader: TaskReader; readonly asked: () => number } {
  const { door, asked } = fakeStream(
    Array.from({ length: many }, (_, at) => ({
      ...{ subject: "mesh.task.a.b.normal.c", seq: at + 1 },
      head: `NATS/1.0\r\nMesh-Id: t${at + 1}\r\n\r\n`,
    })),
  );
  const reader: TaskReader = {
    ...{ door, api: storeApi, present: async () => new Set<string>() },
    store: { last: async () => undefined },
  };
  return { reader, asked: () => asked.length };
}

test("a task is looked for among the oldest so many, and what is not found there is told as that", async () => {
  const { reader, asked } = waiting(50);
  const [found] = await readDetails(reader, "t7", { most: 10 });
  assert.deepEqual([found?.id, found?.state], ["t7", "waiting"]);
  const before = asked();
  const missed = readDetails(reader, "t12", { most: 10 });
  await assert.rejects(missed, { code: MeshCode.UnknownTask, message: /oldest 10 .*--agent/ });
  assert.ok(asked() - before <= 13, "it looks no further");
  await assert.rejects(readDetails(reader, "t99", {}), {
    message: /waits or runs.*myelin tasks ls/,
  });
});

test("who gives up looking for a task hears so at once", async () => {
  const { reader, asked } = waiting(50);
  const signal = AbortSignal.abort("interrupted");
  await assert.rejects(readDetails(reader, "t7", { signal }), { code: MeshCode.Cancelled });
  assert.equal(asked(), 0);
});
