import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store, storeApi } from "@myelin/subjects";
import { z } from "zod";
import { textOf } from "../../support/copier.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const page = z.object({ text: z.string() });
const press = defineAgent({
  name: "press",
  version: "1.0.0",
  skills: {},
  events: {
    page: event({ data: page }),
    "page.printed": event({ data: page }),
    "page.secret": event({ data: page }),
  },
});
const mesh = `version: 1
workspaces:
  desk:
    agents:
      press: { publishes: [page, page.printed, page.secret] }
      mallory: { hears: [press.page.printed, press.page] }
      reader: { hears: [press.page.*] }
    roles:
      keeper: { members: [keeper] }
`;

test("who hears one kind of event reads no large payload of another kind", async () => {
  await using home = await storedMesh(mesh, []);
  const publisher = await home.connect("press");
  const secret = textOf(2_000_000, 7);
  await publisher.publish(press, "page.secret", { text: secret });
  const nc = await joinPlain(home, "mallory");
  const found: string[] = [];
  const places = [
    "mesh.blob.press._events.>",
    "mesh.blob.press._events.*.*",
    "mesh.blob.press._events.page.>",
    "mesh.blob.press._events.page.*.*",
    "mesh.blob.press._events.page.*.*.*",
    "mesh.blob.press._events.page.printed.>",
    "mesh.blob.press._events.page.printed.*.*",
    "mesh.blob.press._events.page.secret.*.*",
    "mesh.blob.*._events.>",
    "mesh.blob.>",
  ];
  for (const place of places) {
    const question = storeApi.last(Store.blobs, place);
    const got = await nc.request(question, "", { timeout: 500 }).catch(() => undefined);
    if (got !== undefined && got.data.length > 1_000) found.push(place);
  }
  await nc.close();
  assert.deepEqual(found, []);
});

test("who hears an event has its large payload, by its name and by what it begins with", async () => {
  await using home = await storedMesh(mesh, []);
  const publisher = await home.connect("press");
  const seen: string[] = [];
  for (const name of ["reader", "mallory"]) {
    const hearer = await home.connect(name);
    await hearer.hear(
      press,
      "page.printed",
      ({ text }) => void seen.push(`${name} ${text.length}`),
    );
  }
  await publisher.publish(press, "page.printed", { text: textOf(2_000_000) });
  await eventually("both have it", () => seen.length === 2, { timeoutMs: 30_000 });
  assert.deepEqual(new Set(seen.map((line) => line.split(" ")[0])), new Set(["reader", "mallory"]));
});
