import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "@myelin/mesh/testing";
import { HomeMesh } from "../support/home-mesh.ts";
import { Program } from "../support/program.ts";

const folder = new URL("signup/", import.meta.url);
const meshFile = readFileSync(new URL("mesh.yaml", folder), "utf8");

test("one signup reaches welcome, CRM and analytics, and a fourth agent that comes later reads from the beginning", async () => {
  await using home = await HomeMesh.start({ mesh: meshFile });
  const apply = async (): Promise<void> => {
    const applied = await home.run("apply");
    assert.equal(applied.exit, 0, applied.err);
  };
  await apply();
  const env = (name: string) => ({
    MYELIN_URL: home.server.url,
    MYELIN_CREDS: home.creds(name, "shop"),
    MYELIN_CA: home.home.layout.tls.ca,
  });
  const start = (name: string, program = name, ...args: string[]): Program =>
    new Program(fileURLToPath(new URL(`${program}.ts`, folder)), env(name), args);

  await using welcome = start("welcome");
  await using crm = start("crm");
  await using analytics = start("analytics");
  const signUp = async (...users: string[]): Promise<readonly string[]> => {
    await using program = start("accounts", "sign-up", ...users);
    await program.ended;
    return program.lines;
  };
  assert.deepEqual(await signUp("ada"), ["ada is signed up"]);
  assert.deepEqual(await signUp("ada", "grace"), ["ada was signed up", "grace is signed up"]);
  // Each of them is a program that has to start first.
  const patience = { timeoutMs: 60_000 };
  await eventually("welcome has both", () => welcome.lines.length === 2, patience);
  assert.deepEqual(welcome.lines.toSorted(), [
    "letter signup-ada: welcome, ada",
    "letter signup-grace: welcome, grace",
  ]);
  await eventually("analytics has both", () => analytics.lines.length === 2, patience);
  assert.equal(analytics.lines.at(-1), "free 1, paid 1");
  await eventually("CRM has both", () => crm.lines.length === 2, patience);
  assert.deepEqual(
    new Set(crm.lines.map((line) => line.split(",")[0])),
    new Set(["card of ada", "card of grace"]),
  );

  const fraud = "fraud: { follows: { signups: { from: beginning, events: [accounts.*] } } }";
  writeFileSync(home.home.layout.meshFile, `${meshFile}      ${fraud}\n`);
  await apply();
  await using late = start("fraud");
  await eventually("the fourth has both", () => late.lines.length === 2, patience);
  assert.deepEqual(late.lines, ["looked at ada, event 1", "looked at grace, event 2"]);
});
