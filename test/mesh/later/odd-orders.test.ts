import assert from "node:assert/strict";
import { test } from "node:test";
import { Header, Store, StoreHeader } from "@myelin/subjects";
import { type Plan, signedOrder, writePlan } from "../../../libs/durable/later/plan.ts";
import { envelopeHeaders, onceId } from "../../../libs/durable/stored/signing.ts";
import type { OutMessage } from "../../../libs/durable/stored/store.ts";
import type { Signer } from "../../../libs/identity/index.ts";
import { left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { sendPlain, signerOf, soon } from "../../support/later.ts";
import { painterMesh } from "../../support/painter.ts";
import { storedMesh } from "../../support/stores.ts";

/** An order of rival's, signed as it should be. */
function orderOf(id: string, plan: Plan, signer: Signer): OutMessage {
  const subject = "mesh.later.painter.paint.rival";
  const text = writePlan(plan);
  const contentType = "application/json";
  const rest = { target: "painter", subject, id, lifeMs: 600_000, contentType };
  const payload = signedOrder(text, "");
  return {
    ...{ subject, payload: "" },
    headers: [
      [StoreHeader.id, onceId()],
      [Header.later, text],
      [Header.id, id],
      ...envelopeHeaders({ kind: "later", ...rest, payload }, signer),
    ],
  };
}

const plans: readonly (readonly [what: string, id: string, plan: Plan])[] = [
  ["a question whose id is many tokens", "a.b", { does: "list", from: 0 }],
  ["a question whose id would go on in the protocol", "x y", { does: "list", from: 0 }],
  ["a question whose id is a wildcard", ">", { does: "list", from: 0 }],
  ["a question of whom the id is another state", "t.final.painter", { does: "list", from: 0 }],
  ["a question from beyond the end", "list-1", { does: "list", from: Number.MAX_SAFE_INTEGER }],
  [
    "a cron that no calendar has",
    "c1",
    { does: "again", cron: "0 0 0 31 2,4,6,9,11 *", priority: "normal" },
  ],
  [
    "a time beyond all time",
    "c2",
    { does: "once", at: "+275760-09-13T00:00:00.000Z", priority: "normal" },
  ],
  [
    "a time before all time",
    "c3",
    { does: "once", at: "-000001-01-01T00:00:00.000Z", priority: "normal" },
  ],
  [
    "a zone that the server may not know",
    "c4",
    { does: "again", cron: "0 0 0 * * *", timezone: "europe/berlin", priority: "normal" },
  ],
];

test("no order stays with keeper for ever, whatever it says", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  for (const [what, id, plan] of plans) {
    const said = await sendPlain(home, "rival", orderOf(id, plan, signerOf(home, "rival")));
    assert.match(said, /"seq":/, what);
    await soon(`${what} is done with`, async () => (await left(home, Store.later)) === 0);
  }
});
