import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { openEvents } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { storedMesh } from "../../support/stores.ts";

const smallMesh = accountsMesh.replace(
  "    roles:",
  "    streams: { events: { maxBytes: 1048576 } }\n    roles:",
);

test("who is so far behind that events are dropped unread is told of, before and after", async () => {
  await using home = await storedMesh(smallMesh, []);
  const publisher = await home.connect("accounts");
  const publish = (name: "user.signed-up" | "user.left", many: number) =>
    Promise.all(
      Array.from({ length: many }, (_, at) =>
        publisher.publish(accounts, name, { user: `${at}`.padEnd(4_000, ".") }),
      ),
    );
  const handler = on(accounts, "user.signed-up", () => {});
  const crm = await home.connect("crm");
  const welcome = await home.connect("welcome");
  const [first] = await Promise.all([
    crm.follow("users", [handler, on(accounts, "user.left", () => {})]),
    welcome.follow("signups", [handler]),
  ]);
  await publish("user.signed-up", 1);
  await using board = await openEvents({ ...home.access("ops"), servers: [home.server.url] });
  const state = async (agent: string, follow: string) =>
    (await board.follows()).find((one) => one.agent === agent && one.follow === follow);
  await eventually("both have it", async () => {
    const both = [await state("crm", "users"), await state("welcome", "signups")];
    return both.every((one) => one?.room === 1 && one.pending === 0);
  });
  await first.stop();
  await publish("user.left", 100);
  const behind = await state("crm", "users");
  assert.ok((behind?.room ?? 1) < 0.9 && (behind?.room ?? 0) > 0.2, `${behind?.room}`);
  assert.equal(behind?.dropped, 0);
  await publish("user.left", 110);
  const near = await state("crm", "users");
  assert.ok((near?.room ?? 1) < 0.2, `${near?.room}`);
  assert.equal(near?.dropped, 0);
  const warned = await home.run("doctor", "--home", home.home.folder, "--as", "ops");
  assert.match(warned.out, /warn {2}events {7,}crm=users: 1?\d % of the stream's room is left/);
  await publish("user.left", 60);
  const late = await state("crm", "users");
  assert.ok((late?.dropped ?? 0) > 0, `${late?.dropped}`);
  // Who has handled what came is not near any end, however full the stream is.
  assert.equal((await state("welcome", "signups"))?.room, 1);
  const failed = await home.run("doctor", "--home", home.home.folder, "--as", "ops");
  assert.match(failed.out, /fail {2}events {7,}crm=users is so far behind/);
  assert.notEqual(failed.exit, 0);
  const listed = await home.run("events", "ls", "--home", home.home.folder, "--as", "ops");
  assert.match(listed.out, /crm +users .* 0 %/);
  assert.match(
    `${listed.out}${listed.err}`,
    /crm=users is so far behind that the stream dropped \d+ messages/,
  );
});
