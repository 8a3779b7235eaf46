import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import type { Move, Original } from "../../../libs/durable/index.ts";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { type Forged, forgeMove } from "../../support/forged-move.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const mesh = painterMesh.replace("members: [ops]", "members: [ops, eve]");

/** A mesh in which boss's task t1 has died, and the message that it was. */
async function afterDeath(): Promise<{ home: HomeMesh; original: Original; runs: string[] }> {
  const home = await storedMesh(mesh, ["painter"]);
  const runs: string[] = [];
  await servePainter(
    home,
    ({ what }, ctx) => {
      runs.push(`${ctx.id} of ${ctx.caller}: ${what}`);
      if (ctx.moved === undefined) throw new TypeError("no paint");
      return { painted: what };
    },
    { tasks: { attempts: 1 } },
  );
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  await using office = await deadOffice(home);
  const [letter] = await listed(office);
  assert.ok(letter !== undefined);
  runs.length = 0;
  return { home, original: letter.original, runs };
}

const redrive: Move = { why: "redrive", mover: "ops", id: "t1", generation: 1 };

interface Attack {
  readonly what: string;
  readonly how?: Partial<Move>;
  readonly original?: (original: Original) => Original;
  readonly twist?: (forged: Forged) => void;
  readonly why: RegExp;
}

const attacks: readonly Attack[] = [
  {
    what: "an agent that moves a task of another, under its own signature",
    how: { mover: "rival" },
    why: /rival is agent:rival and may not move task t1/,
  },
  {
    what: "an operator that releases a task for later, which is keeper's to do",
    how: { why: "later" },
    why: /ops is role:operator and may not move task t1 \(later\); role:keeper may/,
  },
  {
    what: "a move under the id of another task",
    how: { id: "t2" },
    why: /Mesh-Moved must say why, and which task of this skill it was/,
  },
  {
    what: "a redrive of no generation",
    how: { generation: 0 },
    why: /Mesh-Moved must say/,
  },
  {
    what: "another body than the one that was signed",
    twist: (forged) => {
      forged.payload = Buffer.from('{"what":"a bank"}');
    },
    why: /its body of \d+ bytes was changed after it was signed/,
  },
  {
    what: "another submitter than the one who signed the original",
    original: (original) => ({ ...original, subject: "mesh.task.painter.paint.normal.rival" }),
    why: /it was signed for the subject/,
  },
  {
    what: "an original that nobody signed",
    original: (original) => ({
      ...original,
      head: original.head.replaceAll(/Mesh-(Envelope|Signer): .*\r\n/g, ""),
    }),
    why: /the task t1 of boss is not signed/,
  },
  {
    what: "facts that were changed after they were signed",
    twist: ({ head }) => {
      const facts = JSON.parse(head.get("Mesh-Moved") ?? "");
      head.set("Mesh-Moved", JSON.stringify({ ...facts, generation: 7 }));
    },
    why: /was changed after it was signed/,
  },
  {
    what: "facts that are no JSON, or far too long",
    twist: ({ head }) => void head.set("Mesh-Moved", `{"why":"${"x".repeat(5_000)}"}`),
    why: /Mesh-Moved must say/,
  },
  {
    what: "an original from tomorrow",
    original: (original) => ({ ...original, storedAt: new Date(Date.now() + 86_400_000) }),
    why: /Mesh-Moved must say/,
  },
];

for (const { what, how, original: forge, twist, why } of attacks) {
  test(`${what}, is refused: nothing runs, and nobody's task ends`, async () => {
    const { home, original, runs } = await afterDeath();
    await using _home = home;
    const before = await finals(home);
    const move = { ...redrive, ...how };
    await forgeMove(home, forge?.(original) ?? original, move, twist);
    await eventually(
      "it is in the dead letters",
      async () => (await deadLetters(home)).length === 2,
    );
    const dead = await deadLetters(home);
    const subjects = dead.map(({ subject }) => subject);
    assert.match(subjects.at(-1) ?? "", /^mesh\.dead\.task\.painter\.paint\.seq-\d+\.0$/);
    assert.match(dead.at(-1)?.why ?? "", why);
    assert.deepEqual(runs, []);
    assert.deepEqual(await finals(home), before);
    await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0);
  });
}

test("nobody but an operator marks a letter, and no agent speaks under a mover's name", async () => {
  const { home } = await afterDeath();
  await using _home = home;
  for (const name of ["rival", "painter"]) {
    const nc = await joinPlain(home, name);
    const refused: string[] = [];
    void (async () => {
      for await (const status of nc.status()) {
        if (status.type === "error") refused.push(status.error.message);
      }
    })();
    const subjects = [
      "mesh.dead.redriven.painter.paint.t1.0",
      "mesh.dead.dropped.painter.paint.t1.0",
      "mesh.dead.task.boss.paint.t1.0",
      "mesh.task.painter.paint.normal.ops",
      "mesh.task.painter.paint.normal.keeper",
    ];
    for (const subject of subjects) nc.publish(subject, "{}");
    await nc.flush();
    await eventually("all are refused", () => refused.length === subjects.length);
    await nc.close();
  }
});

test("a letter that two operators bring back at once runs once", async () => {
  const { home, original, runs } = await afterDeath();
  await using _home = home;
  await forgeMove(home, original, redrive);
  await forgeMove(home, original, { ...redrive, mover: "eve" });
  await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual(runs, ["t1 of boss: a door"]);
  assert.equal((await finals(home)).length, 2);
  await using office = await deadOffice(home);
  const [told] = await redriven(office, { task: "t1" });
  assert.equal(told?.is, "redriven");
  await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0);
  assert.equal(runs.length, 1, "that generation is over");
});

test("two submitters who give one id to their tasks have a dead letter each", async () => {
  const { home } = await afterDeath();
  await using _home = home;
  const rival = await home.connect("rival");
  const task = await rival.client(painter).paint.submit({ what: "a wall" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  const dead = await deadLetters(home);
  assert.deepEqual(
    dead.map(({ subject, body }) => [subject.replace(/seq-\d+/, "seq-n"), body]),
    [
      ["mesh.dead.task.painter.paint.t1.0", '{"what":"a door"}'],
      ["mesh.dead.task.painter.paint.seq-n.0", '{"what":"a wall"}'],
    ],
  );
});
