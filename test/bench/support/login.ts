import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectOptions } from "@myelin/mesh";
import { inboxOf } from "@myelin/subjects";
import { credsAuthenticator, type NodeConnectionOptions } from "@nats-io/transport-node";

/** What programs log in with, over TLS. */
export interface Login {
  /** The authority that vouches for the server. */
  readonly caFile: string;
  /** Where each name's credentials are, as `<name>.creds`. */
  readonly folder: string;
}

/** A login as the mesh takes it; without one it stays plain text. */
export function meshLogin(login: Login | undefined): Pick<ConnectOptions, "credentials" | "tls"> {
  if (login === undefined) return {};
  return { credentials: { folder: login.folder }, tls: { caFile: login.caFile } };
}

/** A login under a name as the client itself takes it. */
export async function rawLogin(
  login: Login | undefined,
  name: string,
): Promise<NodeConnectionOptions> {
  const inboxPrefix = inboxOf(name);
  if (login === undefined) return { inboxPrefix };
  const credentials = await readFile(join(login.folder, `${name}.creds`));
  const authenticator = credsAuthenticator(credentials);
  return { inboxPrefix, authenticator, tls: { caFile: login.caFile } };
}
