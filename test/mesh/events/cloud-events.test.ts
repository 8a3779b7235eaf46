import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { CloudEvent, type Headers, HTTP } from "cloudevents";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { putEvent } from "../../support/event-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinPlain, joinStore, storedMesh } from "../../support/stores.ts";

const subject = "mesh.event.accounts.user.signed-up";

/**
 * The first stored event as the CloudEvents SDK reads it: the binding for NATS has the attributes of that for HTTP,
 * but for the content type, which is an attribute like the others.
 */
async function stored(home: HomeMesh): Promise<CloudEvent<unknown>> {
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const message = await jsm.streams.getMessage(Store.events, { seq: 1 });
  await keeper.close();
  const headers: Record<string, string> = {};
  for (const [name, values] of message?.header ?? []) headers[name] = values.join(",");
  const { "ce-datacontenttype": contentType = "", ...attributes } = headers;
  const all: Headers = { ...attributes, "content-type": contentType };
  const read = HTTP.toEvent({ headers: all, body: message?.string() });
  assert.ok(read instanceof CloudEvent);
  return read;
}

test("what is published is a CloudEvent, by the SDK's own judgement", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  const at = new Date("2026-11-21T06:40:00.123Z");
  const about = 'user "7 %" of Zoë, 名';
  await publisher.publish(
    accounts,
    "user.signed-up",
    { user: "Zoë", plan: "paid" },
    { id: "order:7", subject: about, at },
  );
  const read = await stored(home);
  assert.equal(read.validate(), true);
  assert.deepEqual(
    [read.specversion, read.id, read.source, read.type, read.time, read.datacontenttype],
    [
      "1.0",
      "order:7",
      "/accounts/user.signed-up",
      "accounts.user.signed-up",
      at.toISOString(),
      "application/json",
    ],
  );
  assert.equal(decodeURIComponent(read.subject ?? ""), about);
  assert.match(read.subject ?? "", /^[\x21-\x7e]+$/);
  assert.deepEqual(read.data, { user: "Zoë", plan: "paid" });
});

test("what the SDK writes is an event, in binary and in structured mode", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: unknown[] = [];
  const crm = await home.connect("crm");
  await crm.follow("users", [
    on(accounts, "user.signed-up", ({ user }, { id, type, source, subject, at }) => {
      seen.push([user, id, type, source, subject, at?.toISOString()]);
    }),
  ]);
  const plain = await joinPlain(home, "accounts");
  const common = {
    type: "com.example.signup",
    source: "https://example.com/signups",
    subject: "somebody",
    time: "2026-11-21T06:40:00.123Z",
    datacontenttype: "application/json",
  };
  const binary = HTTP.binary(new CloudEvent({ ...common, id: "b1", data: { user: "ada" } }));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(binary.headers)) {
    headers[name === "content-type" ? "ce-datacontenttype" : name] = String(value);
  }
  await putEvent(plain, subject, String(binary.body), headers);
  const whole = HTTP.structured(new CloudEvent({ ...common, id: "s1", data: { user: "bob" } }));
  await putEvent(plain, subject, String(whole.body), {
    "Content-Type": String(whole.headers["content-type"]),
  });
  await plain.close();
  await eventually("both came", () => seen.length === 2);
  const rest = [common.type, common.source, common.subject, common.time];
  assert.deepEqual(seen, [
    ["ada", "b1", ...rest],
    ["bob", "s1", ...rest],
  ]);
});
