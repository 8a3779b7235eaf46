import type { Authenticator } from "@nats-io/transport-node";
import type { Credentials } from "../identity/index.ts";
import { type CredentialsOption, credentialsSource } from "./credentials.ts";
import { type Pems, readPems } from "./pem.ts";
import { resolveTls, type TlsConfig, type TlsOptions } from "./tls.ts";

/** What a connection logs in with and trusts, as it was read at one moment. */
export interface Secrets {
  readonly credentials: Credentials | undefined;
  /** What lies beside them: the mesh's root of trust. */
  readonly operatorJwt: string | undefined;
  readonly pems: Pems | undefined;
}

/** Where nothing is asked for. */
export const none: Secrets = Object.freeze({
  credentials: undefined,
  operatorJwt: undefined,
  pems: undefined,
});

/** What of the link's options says where the secrets are. */
export interface SecretsOptions {
  readonly credentials?: CredentialsOption | undefined;
  readonly tls?: TlsOptions | false | undefined;
  /** Whose the credentials must be. */
  readonly user: string;
}

/** The place of one connection's secrets, since those of a living connection may be replaced. */
export interface Held {
  secrets: Secrets;
  /** How often in a row the server has turned them away. */
  refusals: number;
}

/** Where the secrets are, to be read again. */
export interface SecretsSource {
  /** Files whose change may mean other secrets. */
  readonly files: readonly string[];
  /** Reads all of them; throws what is wrong and what to do. */
  read(): Promise<Secrets>;
}

/** The source that the options name. */
export function secretsSource({ credentials, tls, user }: SecretsOptions): SecretsSource {
  const login = credentials === undefined ? undefined : credentialsSource(credentials, user);
  const config: TlsConfig | undefined =
    tls === undefined || tls === false ? undefined : resolveTls(tls);
  const pems = [config?.caFile, config?.certFile, config?.keyFile];
  return {
    files: [...(login?.files ?? []), ...pems.filter((path) => path !== undefined)],
    async read() {
      return {
        credentials: await login?.read(new Date()),
        operatorJwt: await login?.operatorJwt(),
        pems: config === undefined ? undefined : await readPems(config),
      };
    },
  };
}

/** Whether a connection made with one would be the same with the other. */
export function isSame(one: Secrets, other: Secrets): boolean {
  return (
    one.credentials?.jwt === other.credentials?.jwt &&
    one.pems?.ca === other.pems?.ca &&
    one.pems?.cert === other.pems?.cert &&
    one.pems?.key === other.pems?.key
  );
}

/** Signs the server's nonce with what is held now; the seed never crosses. */
export function signing(held: Held): Authenticator {
  return (nonce) => {
    const { credentials } = held.secrets;
    if (credentials === undefined) return undefined;
    const { jwt, key } = credentials;
    const sig = Buffer.from(key.sign(Buffer.from(nonce ?? ""))).toString("base64url");
    return { jwt, nkey: key.publicKey, sig };
  };
}
