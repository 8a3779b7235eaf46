import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { initHome } from "@myelin/mesh/operate";
import {
  createKey,
  formatCredentials,
  issueUser,
  type Key,
  keyFromSeed,
  parseCredentials,
} from "../../libs/identity/index.ts";
import { run } from "../../services/cli/cli.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";
import { temporaryFolder } from "../support/folder.ts";
import { deskMesh, filesIn, HomeMesh } from "../support/home-mesh.ts";

const hour = 3_600_000;
const everyReason =
  /next: check the credentials: they were revoked, or are of another operator or account/;

/** Credentials of ops that are wrong in one way, and what the command line says of them. */
const wrong: readonly {
  readonly what: string;
  readonly text: (forge: Forge) => Promise<string> | string;
  readonly says: readonly RegExp[];
}[] = [
  {
    what: "that expired",
    text: (forge) => forge.issue({ expiresAt: new Date(Date.now() - hour) }),
    says: [
      /the credentials of ops expired at \d{4}-/,
      /next: `myelin identity renew ops --home mesh`/,
    ],
  },
  {
    what: "that are not valid yet",
    text: (forge) => forge.issue({ notBefore: new Date(Date.now() + hour) }),
    says: [/are not valid before \d{4}-.*, it is \d{4}-/, /next: check the clock, or wait/],
  },
  {
    what: "of an account that the server does not have",
    text: (forge) => forge.issue({ account: createKey("account").publicKey }),
    says: [/Authorization Violation/, everyReason],
  },
  {
    what: "signed by a key that is none of the account's",
    text: (forge) => forge.issue({ signer: createKey("account") }),
    says: [/Authorization Violation/, everyReason],
  },
  {
    what: "of another operator",
    text: (forge) => forge.ofAnotherOperator(),
    says: [/Authorization Violation/, everyReason],
  },
  {
    what: "whose JWT was altered",
    text: ({ good }) =>
      good.replace(/"?(eyJ[^.]+\.)([^.]+)/, (_, head, body) => head + renamed(body)),
    says: [
      /was altered after A[A-Z2-7]+ signed it/,
      /next: ask for a new one|next: give the \.creds/,
    ],
  },
  {
    what: "that were cut off",
    text: ({ good }) => good.slice(0, 300),
    says: [/ops\.creds: these are no usable credentials: .* has no whole block/],
  },
  {
    what: "that are empty",
    text: () => "",
    says: [/these are no usable credentials: the text is empty/, /next: give the \.creds file/],
  },
];

for (const { what, text, says } of wrong) {
  test(`credentials ${what} are refused, with why and what to do`, async () => {
    await using mesh = await HomeMesh.start();
    const path = join(mesh.cwd, "ops.creds");
    writeFileSync(path, await text(new Forge(mesh)), { mode: 0o600 });
    for (const command of [["agents"], ["tasks", "ls"]]) {
      const { exit, err } = await mesh.run(...command, "--home", "mesh", "--creds", "ops.creds");
      assert.notEqual(exit, 0);
      for (const part of says) assert.match(err, part);
      assert.doesNotMatch(err, /SU[A-Z2-7]{56}/);
    }
  });
}

test("credentials that others may read are refused, with the command that closes them", async () => {
  await using mesh = await HomeMesh.start();
  chmodSync(mesh.creds("ops"), 0o644);
  const { exit, err } = await mesh.run("agents", "--home", "mesh");
  assert.notEqual(exit, 0);
  assert.match(err, /ops\.creds may be read by everybody \(mode 0644\)/);
  assert.match(err, /next: chmod 600 /);
});

test("nobody joins with another's credentials", async () => {
  await using mesh = await HomeMesh.start();
  const creds = ["--creds", mesh.creds("ops")];
  const { exit, err } = await mesh.run("agents", "--home", "mesh", ...creds, "--as", "eve");
  assert.equal(exit, 2);
  assert.match(err, /credentials are ops's and the connection's name is eve/);
});

test("a seed that others may read, or that is none, stops apply before anything is done", async () => {
  await using mesh = await HomeMesh.start();
  const { signing } = mesh.home.layout.operator;
  const seed = readFileSync(signing, "utf8");
  const before = filesIn(mesh.home.folder);
  writeFileSync(mesh.home.layout.meshFile, deskMesh.replace("[eve]", "[eve, adam]"));
  const spoilt: readonly (readonly [() => void, RegExp])[] = [
    [
      () => chmodSync(signing, 0o640),
      /operator's signing seed at .* is open to others .*chmod 600/,
    ],
    [
      () => writeFileSync(signing, "SOANOTHING", { mode: 0o600 }),
      /signing\.seed is no seed; restore/,
    ],
    [() => mkdirSync(signing), /signing\.seed cannot be read: EISDIR; check who owns it/],
  ];
  for (const [spoil, says] of spoilt) {
    rmSync(signing, { recursive: true });
    writeFileSync(signing, seed, { mode: 0o600 });
    if (says.source.includes("EISDIR")) rmSync(signing);
    spoil();
    const { exit, err } = await mesh.run("apply");
    assert.equal(exit, 2);
    assert.match(err, says);
    assert.ok(!err.includes(seed.trim()));
  }
  rmSync(signing, { recursive: true });
  writeFileSync(signing, seed, { mode: 0o600 });
  writeFileSync(mesh.home.layout.meshFile, deskMesh);
  assert.deepEqual(filesIn(mesh.home.folder), before);
});

test("a server whose certificate another authority signed is not believed", async () => {
  await using mesh = await HomeMesh.start();
  using folder = temporaryFolder();
  const { home: other } = await initHome({ folder: folder.path });
  const { complained, exit } = await agents(mesh, { MYELIN_CA: other.layout.tls.ca });
  assert.equal(exit, 3);
  assert.match(complained, /unable to verify|self-signed|signature/);
  assert.match(
    complained,
    /next: no authority that we trust vouches for it: name its CA's file in MYELIN_CA/,
  );
});

test("a server whose certificate is for another host is not believed", async () => {
  await using mesh = await HomeMesh.start();
  assert.equal((await mesh.run("certify", "--hosts", "mesh.example.com")).exit, 0);
  await mesh.server.restart();
  const { complained, exit } = await agents(mesh, { MYELIN_CA: mesh.home.layout.tls.ca });
  assert.equal(exit, 3);
  assert.match(complained, /127\.0\.0\.1 is not in the cert's list/);
  assert.match(
    complained,
    /next: its certificate is for other names: use one of those in --server/,
  );
});

test("a folder that is no home is told so by every command that needs one", async () => {
  using folder = temporaryFolder();
  for (const args of [
    ["apply"],
    ["diff"],
    ["versions"],
    ["identity", "ls"],
    ["identity", "revoke", "x"],
  ]) {
    const terminal = new FakeTerminal({ cwd: folder.path });
    assert.equal(await run(args, terminal), 2);
    assert.match(
      terminal.complained,
      /mesh is no home of a mesh .*; make one with `myelin init.*`\n$/,
    );
  }
});

async function agents(mesh: HomeMesh, env: Readonly<Record<string, string>>) {
  const login = { MYELIN_URL: mesh.server.url, MYELIN_CREDS: mesh.creds("ops") };
  const terminal = new FakeTerminal({ cwd: "/", env: { ...login, ...env } });
  const exit = await run(["agents"], terminal);
  return { exit, complained: terminal.complained };
}

/** The same JWT's body under another name. */
function renamed(body: string): string {
  const text = Buffer.from(body, "base64url")
    .toString("utf8")
    .replace('"name":"ops"', '"name":"eve"');
  return Buffer.from(text).toString("base64url");
}

/** Makes credentials of ops with the mesh's own keys, wrong in one way. */
class Forge {
  readonly #mesh: HomeMesh;

  constructor(mesh: HomeMesh) {
    this.#mesh = mesh;
  }

  get good(): string {
    return readFileSync(this.#mesh.creds("ops"), "utf8");
  }

  async issue(parts: {
    readonly account?: string;
    readonly signer?: Key;
    readonly expiresAt?: Date;
    readonly notBefore?: Date;
  }): Promise<string> {
    const key = createKey("user");
    const { account } = parseCredentials(this.good);
    const seed = readFileSync(this.#mesh.home.layout.account("desk").key("role:operator"), "utf8");
    const signer = keyFromSeed(seed.trim());
    const jwt = await issueUser({ name: "ops", user: key.publicKey, account, signer, ...parts });
    return formatCredentials(jwt, key);
  }

  async ofAnotherOperator(): Promise<string> {
    using folder = temporaryFolder();
    const { home } = await initHome({ folder: folder.path, mesh: deskMesh });
    return readFileSync(home.layout.creds("desk").of("ops"), "utf8");
  }
}
