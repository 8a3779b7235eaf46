import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type FollowOptions, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { changeFollow, deliveries, owed } from "../../support/event-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { Program } from "../../support/program.ts";
import { storedMesh } from "../../support/stores.ts";

const path = fileURLToPath(new URL("../../support/follower-process.ts", import.meta.url));

async function impatientMesh(ackWaitMs = 700): Promise<HomeMesh> {
  const home = await storedMesh(accountsMesh, []);
  await hurry(home, ackWaitMs);
  return home;
}

/** What a follower had that died comes again this much later from now on. */
function hurry(home: HomeMesh, ackWaitMs: number): Promise<void> {
  return changeFollow(home, "crm=users", { ack_wait: ackWaitMs * 1e6 });
}

async function startFollower(home: HomeMesh, options: FollowOptions = {}): Promise<Program> {
  const program = new Program(path, {
    FOLLOW: JSON.stringify(options),
    MYELIN_URL: home.server.url,
    MYELIN_CREDS: home.creds("crm"),
    MYELIN_CA: home.home.layout.tls.ca,
  });
  await eventually("it follows", () => program.lines.includes("ready") || program.hasEnded);
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
  await using home = await storedMesh(accountsMesh, []);
  await using victim = await startFollower(home);
  const publisher = await home.connect("accounts");
  for (const user of ["hold-1", "hold-2", "ada"]) {
    await publisher.publish(accounts, "user.signed-up", { user });
  }
  // Not before the server knows: what has said that it is done may still have to acknowledge.
  await eventually("it has two in hand, and one behind it", async () => {
    return victim.lines.includes("done ada") && (await owed(home, "crm=users")) === 2;
  });
  victim.signal("SIGKILL");
  await victim.ended;
  await hurry(home, 1_500);
  const seen = await follow(home);
  await eventually("the other has them", () => seen.length >= 2);
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
  // Longer than the machine stands still: what one has in hand must not come to the other meanwhile.
  await using home = await impatientMesh(6_000);
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
  const options = { attempts: 1, concurrency: 1, prefetch: 100 };
  const users = Array.from({ length: 600 }, (_, at) => `user-${at}`);
  await Promise.all(users.map((user) => publisher.publish(accounts, "user.signed-up", { user })));
  const first = await home.connect("crm");
  const seen: string[] = [];
  let mustHold = false;
  let isHeld = false;
  // Some are handled at once, so that many are fetched ahead; then one holds the others up.
  const slowly = ({ user }: { user: string }): unknown => {
    if (!mustHold) return void seen.push(user);
    isHeld = true;
    return new Promise(() => {});
  };
  await first.follow("users", [on(accounts, "user.signed-up", slowly)], options);
  // So many as are handled in a moment: fewer where the machine has just stood still.
  await eventually("many are fetched ahead", async () => {
    const fetched = await deliveries(home, "crm=users");
    mustHold = fetched - seen.length > 10;
    return mustHold;
  });
  await eventually("one holds them up", () => isHeld);
  await first.drain({ timeoutMs: 50 });
  const crm = await home.connect("crm");
  const attempts = new Set<number>();
  const handler = on(accounts, "user.signed-up", ({ user }, { attempt }) => {
    attempts.add(attempt);
    seen.push(user);
  });
  await crm.follow("users", [handler], options);
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  assert.deepEqual(seen.toSorted(), users.toSorted());
  // One had begun, and was cut short.
  assert.deepEqual([...attempts].toSorted(), [1, 2]);
  assert.deepEqual(await deadLetters(home), []);
});

test("what lay in the buffers of a follower that died, or stands still, has all of its one attempt", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  const publish = (user: string) => publisher.publish(accounts, "user.signed-up", { user });
  const options = { attempts: 1, concurrency: 1, prefetch: 64 };
  for (const user of ["a", "b", "c", "fatal", "d", "e", "f"]) await publish(user);
  await using victim = await startFollower(home, options);
  await victim.ended;
  await hurry(home, 3_000);
  await using sleeper = await startFollower(home, options);
  await eventually("all came", async () => (await owed(home, "crm=users")) === 0);
  sleeper.signal("SIGSTOP");
  for (const user of ["g", "h"]) await publish(user);
  const seen = await follow(home);
  await eventually("the others came", async () => (await owed(home, "crm=users")) === 0);
  const done = [...victim.lines, ...sleeper.lines, ...seen].flatMap((line) => {
    return /^(?:done )?([a-h])(?: \d)?$/.exec(line)?.[1] ?? [];
  });
  assert.deepEqual(done.toSorted(), ["a", "b", "c", "d", "e", "f", "g", "h"]);
  assert.deepEqual(
    (await deadLetters(home)).map(({ body }) => body),
    ['{"user":"fatal"}'],
  );
});

test("an older delivery that fails late sets nothing back: attempts are as many as they may be", async () => {
  await using home = await impatientMesh();
  const options = { attempts: 3, firstDelayMs: 20, maxDelayMs: 40 };
  await using stale = await startFollower(home, options);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "block" });
  await eventually("it has begun", () => stale.lines.includes("begun block 1"));
  const runs: number[] = [];
  const crm = await home.connect("crm");
  const fail = on(accounts, "user.signed-up", async (_data, { attempt }) => {
    runs.push(attempt);
    await new Promise((resolve) => setTimeout(resolve, 300));
    throw new TypeError("no");
  });
  await crm.follow("users", [fail], { ...options, firstDelayMs: 2_500, maxDelayMs: 2_500 });
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  const begun = stale.lines.filter((line) => line.startsWith("begun")).length + runs.length;
  assert.equal(begun, 3, `${stale.lines.join()}; ${runs.join()}`);
  const [letter, ...others] = await deadLetters(home);
  assert.match(letter?.facts ?? "", /"attempts":3/);
  assert.deepEqual(others, []);
});
