import assert from "node:assert/strict";
import { test } from "node:test";
import { Header, Store } from "@myelin/subjects";
import { deadOffice, redriven } from "../../support/dead-office.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { sendPlain, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

test("nobody takes the place of another's dead letter by orders that are none", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const subject = "mesh.later.painter.paint.rival";
  for (const at of [1, 2, 3]) {
    const headers = [
      [Header.id, `no token ${at}`],
      [Header.later, '{"does":"once","delayMs":0,"priority":"normal"}'],
    ] as const;
    assert.match(await sendPlain(home, "rival", { subject, payload: "{}", headers }), /"seq":/);
  }
  await soon("they are refused", async () => (await left(home, Store.later)) === 0);
  const before = (await deadLetters(home)).length;
  const again: string[] = [];
  await servePainter(
    home,
    ({ what }, ctx) => {
      if (ctx.moved === undefined) throw new TypeError("no paint");
      again.push(`${ctx.id} of ${ctx.caller}`);
      return { painted: what };
    },
    { tasks: { attempts: 1 } },
  );
  // The same id: the second one's letter takes a name by the place of its message.
  for (const name of ["rival", "boss"]) {
    const { paint } = (await home.connect(name)).client(painter);
    const task = await paint.submit({ what: `${name}'s` }, { id: "t1" });
    await assert.rejects(task.result({ timeoutMs: 10_000 }));
  }
  const letters = (await deadLetters(home)).slice(before);
  assert.deepEqual(
    letters.map(({ body }) => body),
    ['{"what":"rival\'s"}', '{"what":"boss\'s"}'],
  );
  assert.equal(letters[0]?.subject, "mesh.dead.task.painter.paint.t1.0");
  assert.match(letters[1]?.subject ?? "", /^mesh\.dead\.task\.painter\.paint\.seq-2-[a-z0-9]+\.0$/);
  // Nor does it keep the other's from being brought back.
  await using office = await deadOffice(home);
  const task = (letters[1]?.subject ?? "").split(".")[5] ?? "";
  const [brought] = await redriven(office, { task });
  assert.deepEqual([brought?.is, brought?.why], ["redriven", undefined]);
  await soon("it is done", () => again.length === 1);
  assert.deepEqual(again, ["t1 of boss"]);
});
