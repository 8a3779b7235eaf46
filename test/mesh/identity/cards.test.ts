import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, type Mesh, skill } from "@myelin/mesh";
import { observe } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";
import { Link } from "../../../libs/nats/index.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { policy, reviewer, serveReviewer, trustedMesh } from "./trusted.ts";

/** The reviewer with a skill that the issuer does not attest. */
const boastful = defineAgent({
  ...reviewer,
  protobuf: "",
  skills: { review: reviewer.skills.review, rule: skill({ input: z.unknown(), output: z.null() }) },
});

async function look(home: HomeMesh) {
  const { servers, ...access } = home.access("ops");
  return observe({ ...access, servers: [servers] });
}

function refusals(mesh: Mesh, reason: string): number {
  return mesh.metrics.snapshot().refused[reason] ?? 0;
}

test("an agent's card is verified for whoever looks, by its own signature and its issuer's word", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  await using observer = await look(home);
  const [card] = await observer.info("reviewer", { most: 1 });
  assert.equal(card?.unverified, undefined);
  assert.equal(card?.verified, true);
});

test("a card with a skill that was not granted is shown as not verified, and discovery ignores it", async () => {
  await using home = await trustedMesh();
  const agent = await home.connect("reviewer");
  await agent.serve(boastful, { review: () => null, rule: () => null });
  await using observer = await look(home);
  const [card] = await observer.info("reviewer", { most: 1 });
  assert.equal(card?.verified, false);
  assert.match(card?.unverified ?? "", /offers "rule", the issuer attests review, audit/);
  const editor = await home.connect("editor");
  assert.equal(await editor.client(reviewer).review({}), null);
  await eventually("the card is refused", () => refusals(editor, "card_skills") === 1);
});

test("a card that another agent gives in its name is shown as not verified", async () => {
  await using home = await trustedMesh();
  const { servers, ...access } = home.access("rogue");
  const rogue = await Link.connect({ ...access, servers: [servers], user: "rogue" });
  await using _closing = rogue;
  rogue.subscribe("$SRV.INFO", ({ reply }) => {
    const document = {
      ...{ type: "io.nats.micro.v1.info_response", name: "reviewer", id: "r1", version: "9.0.0" },
      ...{ description: "", metadata: { "mesh.wire": "1" }, endpoints: [] },
    };
    rogue.publish(reply, JSON.stringify(document));
  });
  await rogue.flush();
  await using observer = await look(home);
  const [card] = await observer.info(undefined, { most: 1 });
  assert.equal(card?.name, "reviewer");
  assert.equal(card?.verified, false);
  assert.match(card?.unverified ?? "", /its agent has not signed it/);
});

test("before the accounts are published cards are unverified, and nobody is ignored", async () => {
  await using home = await HomeMesh.start({ mesh: policy });
  await serveReviewer(home);
  await using observer = await look(home);
  const [card] = await observer.info("reviewer", { most: 1 });
  assert.equal(card?.verified, false);
  assert.match(card?.unverified ?? "", /published nowhere here/);
  const editor = await home.connect("editor");
  await editor.client(reviewer).review({});
  const faults = Object.keys(editor.metrics.snapshot().refused);
  assert.equal(faults.filter((fault) => fault.startsWith("card_")).length, 0);
});

test("the command line says whether an agent is who it says", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  const place = ["--home", "mesh"];
  const card = await home.run("card", "reviewer", ...place);
  assert.equal(card.exit, 0, card.err);
  assert.match(card.out, /verified: its agent signed it, and its issuer attests the skills/);
  const agents = await home.run("agents", ...place);
  assert.match(agents.out, /VERIFIED/);
  assert.match(agents.out, /reviewer .* yes /);
  const json = await home.run("card", "reviewer", "--json", ...place);
  assert.equal(JSON.parse(json.out).verified, true);
});
