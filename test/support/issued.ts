import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credsAuthenticator } from "@nats-io/transport-node";
import {
  createKey,
  formatCredentials,
  issueAccount,
  issueOperator,
  issueUser,
  type Key,
  parseCredentials,
} from "../../libs/identity/index.ts";
import { startNats } from "../../libs/testing/nats-server.ts";
import { dial, patient } from "./dial.ts";

/** What every name may do here: speak as itself, hear what is meant for it. */
const permissions = {
  publish: [
    "mesh.call.*.*.*.{{name()}}",
    "mesh.control.*.*.{{name()}}",
    "mesh.presence.{{name()}}.*",
    "_INBOX.>",
    "$SRV.>",
    "mesh.js.DIRECT.GET.>",
    "open.>",
  ],
  subscribe: [
    "mesh.call.{{name()}}.>",
    "mesh.control.{{name()}}.>",
    "mesh.presence.>",
    "_INBOX.{{name()}}.>",
    "mesh.config.>",
    "mesh.xcall.*.{{name()}}.>",
    "mesh.xcontrol.*.{{name()}}.>",
    "$SRV.>",
    "open.>",
  ],
};

/** When credentials begin and end; by default now, and never. */
export interface Span {
  readonly expiresAt?: Date;
  readonly notBefore?: Date;
}

export interface IssuedOptions {
  /** More lines for the server's configuration, with the folder that holds its files. */
  readonly config?: (folder: string) => string | Promise<string>;
  /** Whether the server answers on an HTTP port. Default: false. */
  readonly monitor?: boolean;
}

/** A real server in operator mode, one account, and whoever issues credentials for it. */
export async function startIssued(options: IssuedOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "myelin-issued-"));
  const [operator, signing] = [createKey("operator"), createKey("operator")];
  const [system, account] = [createKey("account"), createKey("account")];
  const [admin, scope] = [createKey("account"), createKey("account")];
  const revocations: Record<string, Date> = {};
  const all = { publish: [">"], subscribe: [">"] };
  const accountJwt = (name: string, { publicKey }: Key, key: Key, may: typeof all) =>
    issueAccount({
      ...{ name, account: publicKey, signer: signing, jetstream: false, exports: [], imports: [] },
      scopes: [
        { key: key.publicKey, role: "any", skills: ["*"], vouches: false, permissions: may },
      ],
      revocations: name === "SYS" ? {} : revocations,
    });
  const operatorJwt = await issueOperator({
    ...{ name: "test", operator, signing: signing.publicKey, systemAccount: system.publicKey },
  });
  const preload = {
    [system.publicKey]: await accountJwt("SYS", system, admin, all),
    [account.publicKey]: await accountJwt("app", account, scope, permissions),
  };
  mkdirSync(join(folder, "jwt"));
  writeFileSync(join(folder, "operator.jwt"), operatorJwt);
  const config = [
    `operator: "${join(folder, "operator.jwt")}"`,
    `system_account: ${system.publicKey}`,
    `resolver: { type: full, dir: "${join(folder, "jwt")}", interval: "2s" }`,
    `resolver_preload: ${JSON.stringify(preload)}`,
    // A machine may stand still for longer than a server waits for a login.
    "authorization { timeout: 20 }",
  ].join("\n");
  const server = await startNats({
    config: `${config}\n${(await options.config?.(folder)) ?? ""}`,
    monitor: options.monitor ?? false,
  });

  const issue = async (name: string, span: Span = {}, by = scope, of = account.publicKey) => {
    const user = createKey("user");
    const jwt = await issueUser({
      ...{ name, user: user.publicKey, account: of, signer: by },
      ...span,
    });
    return formatCredentials(jwt, user);
  };

  /** Makes new credentials and puts them in the place of the old ones in one step. */
  const renew = async (name: string, span: Span = {}): Promise<string> => {
    const path = join(folder, `${name}.creds`);
    const text = await issue(name, span);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return text;
  };

  /** Tells the server that what these credentials' user was issued up to now is void. */
  const revoke = async (text: string): Promise<void> => {
    revocations[parseCredentials(text).key.publicKey] = new Date();
    const jwt = await accountJwt("app", account, scope, permissions);
    const creds = await issue("admin", {}, admin, system.publicKey);
    const nc = await dial({
      servers: server.url,
      authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
      ...(options.config === undefined ? {} : { tls: { caFile: join(folder, "ca.pem") } }),
    });
    const answer = await nc.request("$SYS.REQ.CLAIMS.UPDATE", jwt, patient);
    await nc.close();
    const { data } = answer.json<{ readonly data?: { readonly code?: number } }>();
    if (data?.code !== 200)
      throw new TypeError(`the server refused the account: ${answer.string()}`);
  };

  return {
    ...{ server, folder, config, issue, renew, revoke, account: account.publicKey, scope },
    path: (name: string) => join(folder, `${name}.creds`),
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
