import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  accountShape,
  adminScope,
  guestScope,
  type KeyOf,
  type MeshPolicy,
  storeAccountName,
  storePermissions,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import {
  createKey,
  formatCredentials,
  issueAccount,
  issueUser,
  type Key,
  type Scope,
  type Trust,
} from "../identity/index.ts";
import { members, scopesOf } from "../operate/mesh-file/index.ts";
import { guardedFolder } from "./guard.ts";
import { type TestIssuer, testIssuer } from "./issuer.ts";

/** The accounts of a policy, with all their credentials in a folder as programs get them. */
export interface Identities {
  readonly issuer: TestIssuer;
  /** A server's configuration: TLS, operator, and every account. */
  readonly config: string;
  readonly policy: MeshPolicy;
  /** What the accounts' cards and tokens are judged by. */
  readonly trust: Trust;
  /** A workspace's folder of credentials. */
  folder(workspace: string): string;
  /** The file with the credentials of a name; made on the spot. */
  credentials(name: string, workspace: string): Promise<string>;
  /** The file with the credentials of who makes streams, in the workspace's store account. */
  storeCredentials(workspace: string): Promise<string>;
}

/** Issues what a policy says. */
export async function makeIdentities(policy: MeshPolicy): Promise<Identities> {
  const issuer = await testIssuer();
  const names = Object.keys(policy.workspaces);
  const keys = new Map<string, string>();
  const keyOf = (account: string): string => {
    const key = keys.get(account) ?? createKey("account").publicKey;
    keys.set(account, key);
    return key;
  };
  const workspaces = new Map(
    names.map((name) => [name, new Workspace(policy, name, keyOf(name))] as const),
  );
  const root = guardedFolder();
  const jwts = new Map<string, string>();
  for (const workspace of workspaces.values()) {
    const issued = await issueAccounts(workspace, { policy, issuer, keyOf });
    for (const [account, jwt] of issued) jwts.set(account, jwt);
    await workspace.fill(join(root, workspace.name), issuer.operatorJwt);
  }
  const found = (name: string): Workspace => {
    const workspace = workspaces.get(name);
    if (workspace !== undefined) return workspace;
    throw new MeshError(
      MeshCode.InvalidArgument,
      `there is no workspace ${name}; the policy has ${names.join(", ")}`,
    );
  };
  const entries = [...jwts].map(([account, jwt]) => `${account}: ${jwt}`);
  return Object.freeze({
    issuer,
    policy,
    trust: {
      operatorKeys: [issuer.signer.publicKey],
      accountJwt: async (account: string) => jwts.get(account),
    },
    config: [issuer.config, "resolver_preload {", issuer.systemEntry, ...entries, "}"].join("\n"),
    folder: (workspace: string) => found(workspace).folder,
    credentials: (name: string, workspace: string) => found(workspace).credentials(name),
    storeCredentials: (workspace: string) =>
      found(workspace).storeCredentials(keyOf(storeAccountName(workspace))),
  });
}

interface Issuing {
  readonly policy: MeshPolicy;
  readonly issuer: TestIssuer;
  readonly keyOf: KeyOf;
}

/** The JWTs of a workspace's account and of its store, by the accounts' keys. */
async function issueAccounts(
  { name, account, scopes, storeScopes }: Workspace,
  { policy, issuer, keyOf }: Issuing,
): Promise<readonly (readonly [account: string, jwt: string])[]> {
  const shape = accountShape(policy, name, keyOf);
  const common = { signer: issuer.signer, revocations: {} };
  const store = { name: storeAccountName(name), account: keyOf(storeAccountName(name)) };
  return Promise.all([
    issueAccount({
      ...{ ...common, ...shape.workspace, name, account, scopes },
      jetstream: false,
    }).then((jwt) => [account, jwt] as const),
    issueAccount({
      ...{ ...common, ...shape.store, ...store, scopes: storeScopes },
      jetstream: true,
    }).then((jwt) => [store.account, jwt] as const),
  ]);
}

/** One workspace's account, its scoped keys, and who has credentials. */
class Workspace {
  readonly name: string;
  readonly account: string;
  readonly scopes: readonly Scope[];
  readonly storeScopes: readonly Scope[];
  folder = "";
  readonly #keys = new Map<string, Key>();
  readonly #roles: ReadonlyMap<string, string>;
  readonly #storeKey = createKey("account");
  readonly #issued = new Map<string, Promise<string>>();

  constructor(policy: MeshPolicy, name: string, account: string) {
    this.name = name;
    this.account = account;
    this.#roles = new Map(members(policy, name).map((member) => [member.name, member.role]));
    this.scopes = scopesOf(policy, name).map((scope) => {
      const key = createKey("account");
      this.#keys.set(scope.role, key);
      return { ...scope, key: key.publicKey };
    });
    const maker = { role: adminScope, skills: [], vouches: false, permissions: storePermissions() };
    this.storeScopes = [{ ...maker, key: this.#storeKey.publicKey }];
  }

  /** Writes what `myelin init` would: the operator's JWT, everyone's credentials, and the guests' key. */
  async fill(folder: string, operatorJwt: string): Promise<void> {
    this.folder = folder;
    mkdirSync(folder);
    const write = (name: string, text: string): void =>
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    write("operator.jwt", operatorJwt);
    const guest = this.#keys.get(guestScope);
    if (guest !== undefined) {
      write("guest.seed", guest.seedText());
      write("guest.json", JSON.stringify({ account: this.account, workspace: this.name }));
    }
    await Promise.all([...this.#roles.keys()].map((name) => this.credentials(name)));
  }

  credentials(name: string): Promise<string> {
    const issued = this.#issued.get(name) ?? this.#issue(name);
    this.#issued.set(name, issued);
    return issued;
  }

  async #issue(name: string): Promise<string> {
    const signer = this.#keys.get(this.#roles.get(name) ?? guestScope);
    if (signer === undefined) {
      throw new MeshError(
        MeshCode.InvalidArgument,
        `the policy of ${this.name} has no ${name} and takes no guests`,
      );
    }
    const { account } = this;
    return this.#write(join(this.folder, `${name}.creds`), { name, account, signer });
  }

  /** Not among the others': an agent of this name is somebody else. */
  storeCredentials(account: string): Promise<string> {
    const signer = this.#storeKey;
    return this.#write(`${this.folder}.store.creds`, { name: "apply", account, signer });
  }

  async #write(
    file: string,
    {
      name,
      account,
      signer,
    }: { readonly name: string; readonly account: string; readonly signer: Key },
  ): Promise<string> {
    const user = createKey("user");
    const jwt = await issueUser({ name, user: user.publicKey, account, signer });
    writeFileSync(file, formatCredentials(jwt, user), { mode: 0o600 });
    return file;
  }
}
