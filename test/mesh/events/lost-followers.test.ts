import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { changeFollow, owed } from "../../support/event-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { Program } from "../../support/program.ts";
import { storedMesh } from "../../support/stores.ts";

const path = fileURLToPath(new URL("../../support/follower-process.ts", import.meta.url));

async function impatientMesh(): Promise<HomeMesh> {
  const home = await storedMesh(accountsMesh, []);
  await changeFollow(home, "crm=users", { ack_wait: 700e6 });
  return home;
}

async function startFollower(home: HomeMesh): Promise<Program> {
  const program = new Program(path, {
    MYELIN_URL: home.server.url,
    MYELIN_CREDS: home.creds("crm"),
    MYELIN_CA: home.home.layout.tls.ca,
  });
  await eventually("it follows", () => program.lines.includes("ready"));
  return program;
}

/** An instance of crm in this process; tells whom it has handled, and at which attempt. */
async function follow(home: HomeMesh): Promise<string[]> {
  const seen: string[] = [];
  const crm = await home.connect("crm");
  await crm.follow("users", [
    on(accounts, "user.signed-up", ({ user }, { attempt }) => void seen.push(`${user} ${attempt}`)),
  ]);
  return seen;
}

test("what a follower had in hand when it was killed comes to another one", async () => {
  await using home = await impatientMesh();
  await using victim = await startFollower(home);
  const publisher = await home.connect("accounts");
  for (const user of ["hold-1", "hold-2", "ada"]) {
    await publisher.publish(accounts, "user.signed-up", { user });
  }
  await eventually("it has begun", () => victim.lines.includes("done ada"));
  victim.signal("SIGKILL");
  await victim.ended;
  const seen = await follow(home);
  await eventually("the other has them", () => seen.length === 2);
  assert.deepEqual(seen.toSorted(), ["hold-1 2", "hold-2 2"]);
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  assert.deepEqual(await deadLetters(home), []);
});

test("what a stopped follower had, or was sent meanwhile, is handled by another one, and not by it when it comes back", async () => {
  await using home = await impatientMesh();
  await using sleeper = await startFollower(home);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "hold-1" });
  await eventually("it has begun", () => sleeper.lines.includes("begun hold-1 1"));
  sleeper.signal("SIGSTOP");
  // These lie in the buffers of the stopped process, which has asked for more.
  for (const user of ["a", "b", "c", "d"]) {
    await publisher.publish(accounts, "user.signed-up", { user });
  }
  const seen = await follow(home);
  await eventually("the other has all", () => seen.length === 5);
  sleeper.signal("SIGCONT");
  await publisher.publish(accounts, "user.signed-up", { user: "e" });
  await eventually("the last one is handled", () => {
    return sleeper.lines.includes("done e") || seen.some((line) => line.startsWith("e "));
  });
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  const begun = sleeper.lines.filter((line) => /^begun [abcd] /.test(line));
  assert.deepEqual(begun, []);
  assert.deepEqual(
    seen
      .map((line) => line.split(" ")[0])
      .filter((user) => user !== "e")
      .toSorted(),
    ["a", "b", "c", "d", "hold-1"],
  );
});

test("a follower that is told to end finishes what it has, and leaves the rest to another one", async () => {
  await using home = await impatientMesh();
  await using leaving = await startFollower(home);
  const publisher = await home.connect("accounts");
  const users = Array.from({ length: 50 }, (_, at) => `user-${at}`);
  const seen = await follow(home);
  const published = Promise.all(
    users.map((user) => publisher.publish(accounts, "user.signed-up", { user })),
  );
  await eventually("it has some", () => leaving.lines.length > 1);
  leaving.signal("SIGTERM");
  await leaving.ended;
  await published;
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  const theirs = leaving.lines
    .filter((line) => line.startsWith("done "))
    .map((line) => line.slice(5));
  const ours = seen.map((line) => line.split(" ")[0] ?? "");
  assert.deepEqual([...theirs, ...ours].toSorted(), users.toSorted());
});

test("a follower that stops spends no attempt of what it had, begun or not", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  const publish = (user: string) => publisher.publish(accounts, "user.signed-up", { user });
  await Promise.all(["ada", "bob", "cy"].map(publish));
  const options = { attempts: 1, concurrency: 1, prefetch: 3 };
  for (let stopped = 1; stopped <= 3; stopped++) {
    const crm = await home.connect("crm");
    let begun = 0;
    const never = () => new Promise<void>(() => begun++);
    await crm.follow("users", [on(accounts, "user.signed-up", never)], options);
    await eventually("one has begun", () => begun === 1);
    await crm.drain({ timeoutMs: 50 });
  }
  const seen: string[] = [];
  const crm = await home.connect("crm");
  const handler = ({ user }: { user: string }) => void seen.push(user);
  await crm.follow("users", [on(accounts, "user.signed-up", handler)], options);
  await eventually("all came", () => seen.length >= 3);
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  assert.deepEqual(seen.toSorted(), ["ada", "bob", "cy"]);
  assert.deepEqual(await deadLetters(home), []);
});
