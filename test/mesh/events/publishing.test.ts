import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, type MeshCode } from "@myelin/mesh";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { left } from "../../support/durable-facts.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

const says = (code: MeshCode, text: RegExp) => (error: unknown) =>
  isMeshError(error, code) && text.test(error.message);

test("an event that is published twice under one id is stored once", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const { publish } = await home.connect("accounts");
  const first = await publish(accounts, "user.signed-up", { user: "ada" }, { id: "ada" });
  const again = await publish(accounts, "user.signed-up", { user: "ada" }, { id: "ada" });
  assert.deepEqual(again, { ...first, duplicate: true });
  const other = await publish(accounts, "user.left", { user: "ada" }, { id: "ada" });
  assert.deepEqual([other.duplicate, other.sequence], [false, 2]);
  const unnamed = await publish(accounts, "user.left", { user: "ada" });
  assert.match(unnamed.id, /^[0-9a-f]{32}$/);
  assert.equal(await left(home, Store.events), 3);
});

test("an event that does not fit its contract is refused here, with what is wrong", async () => {
  await using home = await HomeMesh.start({ mesh: accountsMesh });
  const { publish } = await home.connect("accounts");
  await assert.rejects(
    publish(accounts, "user.left", { user: 7 } as never),
    says("invalid_input", /event accounts\.user\.left does not fit its contract: user: /),
  );
  await assert.rejects(
    publish(accounts, "user.moved" as never, { user: "ada" } as never),
    says("invalid_argument", /declares no event "user\.moved"; it has user\.signed-up, /),
  );
  const { publish: foreign } = await home.connect("rival");
  await assert.rejects(
    foreign(accounts, "user.left", { user: "ada" }),
    says("invalid_argument", /told by accounts alone, this connection's name is rival/),
  );
});

test("options of a publication are checked one by one", async () => {
  await using home = await HomeMesh.start({ mesh: accountsMesh });
  const { publish } = await home.connect("accounts");
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ id: "" }, /publish\.id must be 1 to 128 of/],
    [{ id: "a b" }, /publish\.id .*got "a b"/],
    [{ subject: "x".repeat(300) }, /publish\.subject must be 1 to 256/],
    [{ subject: "\ud800" }, /well-formed/],
    [{ at: new Date(Number.NaN) }, /publish\.at must be a date/],
    [{ signal: "now" }, /publish\.signal must be an AbortSignal, got string/],
  ];
  for (const [options, text] of wrong) {
    await assert.rejects(
      publish(accounts, "user.left", { user: "ada" }, options),
      says("invalid_argument", text),
    );
  }
});

test("an event that mesh.yaml does not let an agent publish is refused at once, with the line that would", async () => {
  const narrower = accountsMesh.replace("user.left, plan.changed]", "plan.changed]");
  await using home = await storedMesh(narrower.replace(", accounts.user.left]", "]"), []);
  const { publish } = await home.connect("accounts");
  await assert.rejects(
    publish(accounts, "user.left", { user: "ada" }),
    says("permission_denied", /agents\.accounts\.publishes: \[user\.left\]/),
  );
});

test("publishing fails clearly where no stream takes events, and where it is read-only", async () => {
  await using bare = await HomeMesh.start({ mesh: accountsMesh });
  const unstored = await bare.connect("accounts");
  await assert.rejects(
    unstored.publish(accounts, "user.left", { user: "ada" }),
    says("unavailable", /mesh\.event\.accounts\.user\.left: .*myelin apply/),
  );
  await using home = await storedMesh(accountsMesh, []);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const { config } = await jsm.streams.info(Store.events);
  await jsm.streams.update(Store.events, { ...config, sealed: true } as never);
  await keeper.close();
  const { publish } = await home.connect("accounts");
  await assert.rejects(
    publish(accounts, "user.left", { user: "ada" }),
    says("unavailable", /read-only/),
  );
});

test("an event is given up when its signal is aborted", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const { publish } = await home.connect("accounts");
  const gone = AbortSignal.abort(new TypeError("no time"));
  await assert.rejects(
    publish(accounts, "user.left", { user: "ada" }, { id: "e1", signal: gone }),
    says("cancelled", /publishing event e1 was given up: no time/),
  );
});

test("an event that is published while the broker is killed is stored once it is back, and once", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const { publish } = await home.connect("accounts");
  await publish(accounts, "user.left", { user: "before" });
  await home.server.kill();
  const late = publish(accounts, "user.left", { user: "during" });
  await home.server.restart();
  assert.equal((await late).stored, true);
  assert.equal(await left(home, Store.events), 2);
});
