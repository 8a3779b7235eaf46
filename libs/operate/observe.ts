import { token } from "../contract/index.ts";
import type { Trust } from "../identity/index.ts";
import {
  type CredentialsOption,
  Link,
  type LinkOptions,
  type TlsOptions,
  usualUrl,
} from "../nats/index.ts";
import { Observer } from "./observer.ts";

/** Where to look, and under which name. */
export interface ObserverOptions {
  /** Its name; a token like an agent's. Its inbox bears it. */
  readonly name: string;
  /** URLs of the NATS servers. Default: nats://127.0.0.1:4222. */
  readonly servers?: readonly string[];
  /** What to log in with: a `.creds` file, its text, or a folder of `<name>.creds`. Default: nothing. */
  readonly credentials?: CredentialsOption;
  /** Files of certificates. False allows plain text to servers on other machines. Default: as for `connect`. */
  readonly tls?: TlsOptions | false;
  /** What cards are judged by. Default: the operator whose JWT lies beside the credentials. */
  readonly trust?: Trust;
  /** Everything else nats.js takes: timeouts, another login than `credentials`. */
  readonly nats?: NonNullable<LinkOptions["nats"]>;
}

/** Connects an observer; close it when done. */
export async function observe(options: ObserverOptions): Promise<Observer> {
  const { name, link } = await logIn(options);
  return new Observer(link, name, options.trust);
}

/** Logs a tool in, under its own name. */
export async function logIn(options: ObserverOptions): Promise<{ name: string; link: Link }> {
  const name = token("name", options.name);
  const { servers = [usualUrl], credentials, tls, nats } = options;
  const link = await Link.connect({ name, servers, user: name, credentials, tls, nats });
  return { name, link };
}
