import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { BacklogGauges } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { CliMesh } from "../../support/cli-mesh.ts";
import { joinKeeper, shownBy } from "../../support/keeping.ts";
import { storedMesh } from "../../support/stores.ts";

test("keeper shows how far each subscription is behind, as gauges that an autoscaler can read", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  const begunAt = Date.now();
  for (const user of ["ada", "bob"]) {
    await publisher.publish(accounts, "user.signed-up", { user });
  }
  const crm = await home.connect("crm");
  let isHeld = false;
  await crm.follow("users", [
    on(accounts, "user.signed-up", ({ user }) => {
      isHeld ||= user === "bob";
      return user === "bob" ? new Promise<never>(() => {}) : undefined;
    }),
  ]);
  await eventually("none of its events waits any more", () => isHeld);
  await using keeper = await joinKeeper(home, {
    duties: { backlog: (keeping) => new BacklogGauges(keeping, 50) },
  });
  const text = await eventually("it is counted", async () => {
    const shown = await keeper.metrics.registry.metrics();
    return shown.includes('mesh_events_pending{agent="crm",follow="users"} 0\n')
      ? shown
      : undefined;
  });
  assert.match(text, /mesh_events_pending\{agent="crm",follow="all"\} 2\n/);
  assert.match(text, /mesh_events_in_work\{agent="crm",follow="users"\} [01]\n/);
  assert.match(text, /mesh_events_oldest_seconds\{agent="crm",follow="plans"\} 0\n/);
  await publisher.publish(accounts, "user.left", { user: "bob" });
  const all = '{agent="crm",follow="all"}';
  await eventually("it is counted again", async () => {
    return (await shownBy(keeper, `mesh_events_pending${all}`)) === 3;
  });
  const age = await eventually("it gets older", async () => {
    const shown = (await shownBy(keeper, `mesh_events_oldest_seconds${all}`)) ?? 0;
    return shown > 0.5 && shown;
  });
  assert.ok(age <= (Date.now() - begunAt) / 1_000, `${age} s`);
});

test("myelin card shows what an agent tells", async () => {
  await using cli = await CliMesh.start(0);
  await cli.mesh.serve({ ...accounts, name: "shop" }, {});
  const { out } = await cli.run(["card", "shop"]);
  assert.match(out, /shop\.user\.signed-up {2}Somebody has an account from now on/);
  assert.match(out, /tells .*user/);
  assert.match(out, /shop\.plan\.changed\n.*tells .*, signed/);
});
