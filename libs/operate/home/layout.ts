import { join } from "node:path";

/** Where everything is in a home. Paths only: nothing here touches the disk. */
export interface Layout {
  readonly folder: string;
  readonly meshFile: string;
  /** Where the mesh is to be found. */
  readonly place: string;
  readonly operator: {
    readonly jwt: string;
    readonly master: string;
    readonly signing: string;
  };
  readonly ledger: string;
  readonly lock: string;
  readonly applied: string;
  readonly tls: {
    readonly ca: string;
    readonly caKey: string;
    readonly server: string;
    readonly serverKey: string;
    /** By which servers know each other. */
    readonly routes: string;
  };
  readonly server: string;
  account(name: string): AccountLayout;
  /** What a workspace's programs are given. */
  creds(account: string): CredsLayout;
  /** The certificate and key of a client, where the server asks for one. */
  client(name: string): { readonly certificate: string; readonly key: string };
}

/** The files of one account. */
export interface AccountLayout {
  readonly jwt: string;
  /** The JWT that the servers were last seen to have. */
  readonly pushed: string;
  readonly master: string;
  /** The folder of its scoped signing keys. */
  readonly keys: string;
  /** The seed of a scoped signing key: `agent:summarizer` is in `agent.summarizer.seed`. */
  key(role: string): string;
}

/** The files that programs log in with. */
export interface CredsLayout {
  readonly folder: string;
  readonly operator: string;
  readonly guestSeed: string;
  readonly guest: string;
  of(name: string): string;
}

/** The layout of the home in this folder. */
export function layout(folder: string): Layout {
  const at = (...parts: readonly string[]): string => join(folder, ...parts);
  return Object.freeze({
    folder,
    meshFile: at("mesh.yaml"),
    place: at("mesh.json"),
    operator: {
      jwt: at("operator", "operator.jwt"),
      master: at("operator", "master.seed"),
      signing: at("operator", "signing.seed"),
    },
    ledger: at("issued.jsonl"),
    lock: at("lock"),
    applied: at("applied"),
    tls: {
      ca: at("tls", "ca.pem"),
      caKey: at("tls", "ca.key"),
      server: at("tls", "server.pem"),
      serverKey: at("tls", "server.key"),
      routes: at("tls", "routes.secret"),
    },
    server: at("server"),
    account: (name: string) => ({
      jwt: at("accounts", name, "account.jwt"),
      pushed: at("accounts", name, "pushed.jwt"),
      master: at("accounts", name, "master.seed"),
      keys: at("accounts", name, "keys"),
      key: (role: string) => at("accounts", name, "keys", `${role.replace(":", ".")}.seed`),
    }),
    creds: (account: string) => ({
      folder: at("creds", account),
      operator: at("creds", account, "operator.jwt"),
      guestSeed: at("creds", account, "guest.seed"),
      guest: at("creds", account, "guest.json"),
      of: (name: string) => at("creds", account, `${name}.creds`),
    }),
    client: (name: string) => ({
      certificate: at("tls", "clients", `${name}.pem`),
      key: at("tls", "clients", `${name}.key`),
    }),
  });
}
