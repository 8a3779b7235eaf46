import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { deadOffice, redriven } from "../../support/dead-office.ts";
import { finals } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const sandboxMesh = painterMesh
  .replace("      boss:", "      sandbox: { skills: [paint, sketch, stroke] }\n      boss:")
  .replace("operator: { members: [ops] }", "operator: { members: [ops], submits: [sandbox.*] }");

function tasks(home: HomeMesh, ...args: readonly string[]) {
  return home.run("tasks", ...args, "--home", home.home.folder);
}

async function asked(home: HomeMesh, ...args: readonly string[]): Promise<unknown> {
  const ran = await tasks(home, ...args, "--json");
  assert.equal(ran.exit, 0, ran.err);
  return JSON.parse(ran.out);
}

/** A mesh in which a task of boss died, and was brought to a sandbox that never ends it by itself. */
async function withSandbox(): Promise<HomeMesh> {
  const home = await storedMesh(sandboxMesh, ["painter", "sandbox"]);
  await servePainter(home, () => Promise.reject(new TypeError("no paint")), {
    tasks: { attempts: 1 },
  });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  const mesh = await home.connect("sandbox");
  await mesh.serve(
    { ...painter, name: "sandbox" },
    {
      paint: async (_input, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw signal.reason;
      },
      sketch: () => ({}),
      async *stroke() {},
    },
    { tasks: { attempts: 1 } },
  );
  await using office = await deadOffice(home);
  const [told] = await redriven(office, {}, { to: "sandbox" });
  assert.equal(told?.is, "redriven", told?.why);
  return home;
}

interface Shown {
  readonly agent: string;
  readonly submitter: string;
  readonly state: string;
}

const whose = ({ agent, submitter, state }: Shown) => [agent, submitter, state];

test("a task in a sandbox is listed, shown and cancelled as that of who brought it there", async () => {
  await using home = await withSandbox();
  const listed = async () => ((await asked(home, "ls", "sandbox")) as Shown[]).map(whose);
  await eventually("it runs", async () => {
    assert.deepEqual(await listed(), [["sandbox", "ops", "running"]]);
    return true;
  });
  const shown = (await asked(home, "show", "t1", "--agent", "sandbox")) as Shown;
  assert.deepEqual(whose(shown), ["sandbox", "ops", "running"]);
  const first = (await asked(home, "show", "t1", "--submitter", "boss")) as Shown;
  assert.deepEqual(whose(first), ["painter", "boss", "failed"]);
  const several = await tasks(home, "show", "t1");
  assert.match(several.err, /t1 is several: (boss to painter, ops to sandbox|ops .*, boss .*);/);
  const ran = await tasks(home, "cancel", "t1", "--agent", "sandbox");
  assert.equal(ran.exit, 0, ran.err);
  const final = "mesh.result.ops.t1.final.sandbox";
  await eventually("it is over", async () => (await finals(home)).includes(final));
  const ended = (await asked(home, "show", "t1", "--agent", "sandbox")) as Shown;
  assert.deepEqual(whose(ended), ["sandbox", "ops", "cancelled"]);
});
