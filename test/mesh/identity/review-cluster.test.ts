import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { initHome, writeServer } from "@myelin/mesh/operate";
import { eventually, startNats } from "@myelin/mesh/testing";
import { readAccount } from "../../../libs/identity/index.ts";
import { Link } from "../../../libs/nats/index.ts";
import { dial } from "../../support/dial.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { deskMesh } from "../../support/home-mesh.ts";

test("an agent with a client's certificate cannot join the cluster as a server", async () => {
  using folder = temporaryFolder();
  const { home } = await initHome({
    folder: join(folder.path, "mesh"),
    mesh: deskMesh,
    clientCertificates: "required",
  });
  const port = randomInt(20_000, 30_000);
  const cluster = {
    name: "mesh",
    listen: `127.0.0.1:${port}`,
    routes: [`tls://127.0.0.1:${port}`],
  };
  const path = writeServer(home, { name: "one", cluster, clientCertificates: "required" });
  // It takes a free port: another test may have the one that is written there.
  const config = readFileSync(path, "utf8")
    .replace(/^listen:.*$/m, "")
    .replace(`127.0.0.1:${port}`, "127.0.0.1:-1");
  await using honest = await startNats({ config });
  const [, routes] = await eventually("it takes other servers", () =>
    /Listening for route connections on (\S+)/.exec(honest.log),
  );

  const { certificate, key } = home.layout.client("editor");
  const { ca } = home.layout.tls;
  const [desk, system] = ["desk", "SYS"].map(
    (name) => readAccount(readFileSync(home.layout.account(name).jwt, "utf8").trim()).account,
  );
  await using rogue = await startNats({
    config: `
      accounts { ${desk}: { users: [{ user: x, password: x }] }, ${system}: {} }
      system_account: ${system}
      cluster {
        name: mesh, listen: "127.0.0.1:-1", routes: ["tls://${routes}"]
        tls { cert_file: "${certificate}", key_file: "${key}", ca_file: "${ca}", verify: true }
      }`,
  });

  const files = home.layout.client("librarian");
  const librarian = await Link.connect({
    name: "librarian",
    user: "librarian",
    servers: [honest.url],
    credentials: home.layout.creds("desk").of("librarian"),
    tls: { caFile: ca, certFile: files.certificate, keyFile: files.key },
  });
  await using _closing = librarian;
  const heard: string[] = [];
  librarian.subscribe("mesh.call.librarian.*.any.*", ({ subject }) => heard.push(subject));
  await librarian.flush();
  const nc = await dial({ servers: rogue.url, user: "x", pass: "x" });
  const knocks = async (): Promise<boolean> => {
    nc.publish("mesh.call.librarian.read.any.ops", "{}");
    await nc.flush();
    return (rogue.log.match(/Authorization Violation/g)?.length ?? 0) >= 3;
  };
  await eventually("it was turned away each time", knocks, { timeoutMs: 20_000, everyMs: 100 });
  await nc.close();
  await librarian.flush();
  assert.deepEqual(heard, []);
});
