import {
  accountShape,
  agentPermissions,
  type MeshPolicy,
  type Permissions,
  rolePermissions,
  storeAccountName,
  storeApiPrefix,
  storePermissions,
} from "@myelin/subjects";
import {
  type ConnectionKind,
  createKey,
  formatCredentials,
  issueAccount,
  issueUser,
  type Key,
  type Scope,
} from "../../../libs/identity/index.ts";
import type { TestIssuer } from "../../../libs/testing/issuer.ts";
import type { Weakness } from "./weakness.ts";

/** The role of a client that sees everything in a workspace: what the tests look through. */
export const witness = "witness";

/** The role of a server that joins as a leaf, with a connection for this one account. */
export const leaf = "leaf";

/** The accounts of one workspace with exactly the rights that its policy compiles to, less one defence. */
export interface HostileAccounts {
  /** Entries for `resolver_preload`. */
  readonly entries: readonly string[];
  /** Credentials of a name in the workspace, or of `keeper` in its store. */
  credentials(name: string): Promise<string>;
  /** The key that signs for a role of many names. */
  roleKey(role: string): Key;
  readonly account: string;
  readonly accountJwt: string;
}

/** Issues them. */
export async function hostileAccounts(
  issuer: TestIssuer,
  policy: MeshPolicy,
  weakness: Weakness,
): Promise<HostileAccounts> {
  const [workspace = ""] = Object.keys(policy.workspaces);
  const store = storeAccountName(workspace);
  const accounts = { [workspace]: publicKey(), [store]: publicKey() };
  const keyOf = (name: string): string => accounts[name] ?? "";
  const scoped = scopedKeys(policy, workspace, weakness);
  const shape = accountShape(policy, workspace, keyOf);
  const { oneAccount = false } = weakness;
  const inStore = new Set(["keeper"]);
  const scopes = scoped.filter(({ name }) => oneAccount || !inStore.has(name));
  const common = { signer: issuer.signer, revocations: {} };
  const jwt = await issueAccount({
    ...{ ...common, ...shape.workspace, name: workspace, account: keyOf(workspace) },
    ...(oneAccount && { imports: [] }),
    scopes: scopes.map(({ scope }) => scope),
    jetstream: oneAccount,
  });
  const accountJwt = weakness.borrowing === true ? lending(jwt, issuer.signer) : jwt;
  const storeJwt = await issueAccount({
    ...{ ...common, ...shape.store, name: store, account: keyOf(store) },
    scopes: scoped.filter(({ name }) => inStore.has(name)).map(({ scope }) => scope),
    jetstream: true,
  });
  const keyFor = (name: string): Key => {
    const role = policy.workspaces[workspace]?.roles;
    const member = Object.entries(role ?? {}).find(([, { members }]) => members.includes(name));
    return found(scoped, member?.[0] ?? name);
  };
  return {
    entries: [`${keyOf(workspace)}: ${accountJwt}`, `${keyOf(store)}: ${storeJwt}`],
    account: keyOf(workspace),
    accountJwt,
    roleKey: (role) => found(scoped, role),
    async credentials(name) {
      const user = createKey("user");
      const account = keyOf(inStore.has(name) && !oneAccount ? store : workspace);
      const signer = keyFor(name);
      const token = await issueUser({ name, user: user.publicKey, account, signer });
      return formatCredentials(token, user);
    },
  };
}

interface ScopedKey {
  /** The agent's name, or the role's. */
  readonly name: string;
  readonly key: Key;
  readonly scope: Scope;
}

function scopedKeys(policy: MeshPolicy, name: string, weakness: Weakness): readonly ScopedKey[] {
  const workspace = policy.workspaces[name];
  if (workspace === undefined) return [];
  const all = { publish: [">"], subscribe: [">"] };
  const scoped = (
    who: string,
    role: string,
    permissions: Permissions,
    connections?: readonly ConnectionKind[],
  ): ScopedKey => {
    const key = createKey("account");
    const skills = workspace.agents[who]?.skills ?? [];
    const may = weakness.oneAccount === true ? ownApi(permissions) : permissions;
    const scope = {
      ...{ key: key.publicKey, role, skills, vouches: false, permissions: may },
      ...(connections !== undefined && { connections }),
    };
    return { name: who, key, scope };
  };
  const roles = workspace.roles;
  return [
    ...Object.entries(workspace.agents).map(([who, agent]) => {
      const permissions = agentPermissions(who, agent, workspace);
      const granted = who === "mallory" ? weakness.granted : undefined;
      const ways = weakness.leaves === true ? (["STANDARD", "LEAFNODE"] as const) : undefined;
      return scoped(who, `agent:${who}`, joined(permissions, granted), ways);
    }),
    ...(roles.gateway === undefined
      ? []
      : [
          scoped(
            "gateway",
            "role:gateway",
            joined(rolePermissions("gateway", roles.gateway), weakness.gateway),
          ),
        ]),
    ...(roles.observer === undefined
      ? []
      : [scoped("observer", "role:observer", rolePermissions("observer", roles.observer))]),
    scoped("keeper", "role:keeper", storePermissions()),
    scoped(witness, "role:witness", all),
    scoped(leaf, "role:leaf", all, ["LEAFNODE"]),
  ];
}

function found(scoped: readonly ScopedKey[], name: string): Key {
  const one = scoped.find((candidate) => candidate.name === name);
  if (one === undefined) throw new TypeError(`the hostile policy has no ${name}`);
  return one.key;
}

function joined(permissions: Permissions, granted: Partial<Permissions> = {}): Permissions {
  return {
    publish: [...permissions.publish, ...(granted.publish ?? [])],
    subscribe: [...permissions.subscribe, ...(granted.subscribe ?? [])],
  };
}

/** The same rights where the streams are in the agents' own account. */
function ownApi({ publish, subscribe }: Permissions): Permissions {
  const prefix = `${storeApiPrefix}.`;
  const own = (subject: string): string =>
    subject.startsWith(prefix) ? `$JS.API.${subject.slice(prefix.length)}` : subject;
  return { publish: publish.map(own), subscribe };
}

/** The account's JWT with `allow_responses` in each of its scopes: our issuer cannot write that. */
function lending(jwt: string, signer: Key): string {
  const [header = "", payload = ""] = jwt.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  for (const { template } of claims.nats.signing_keys) template.resp = { max: 1, ttl: 10e9 };
  const body = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${body}.${Buffer.from(signer.sign(Buffer.from(body))).toString("base64url")}`;
}

function publicKey(): string {
  return createKey("account").publicKey;
}
