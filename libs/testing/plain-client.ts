import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inboxOf } from "@myelin/subjects";
import { parseCredentials } from "../identity/index.ts";
import { guardedFolder } from "./guard.ts";

/** Who logs in where. */
export interface PlainLogin {
  readonly name: string;
  /** The file with the credentials. */
  readonly file: string;
  readonly caFile: string;
  readonly url: string;
}

/** Options of nats.js's own `connect`. */
export interface PlainOptions {
  readonly servers: string;
  readonly tls: { readonly caFile: string };
  /** Replies go where this name may listen. */
  readonly inboxPrefix: string;
  readonly authenticator: (nonce?: string) => {
    readonly jwt: string;
    readonly nkey: string;
    readonly sig: string;
  };
}

/** What nats.js takes to log in, without any library of the mesh. */
export function plainOptions({ name, file, caFile, url }: PlainLogin): PlainOptions {
  const { jwt, key } = parseCredentials(readFileSync(file, "utf8"));
  return {
    servers: url,
    tls: { caFile },
    inboxPrefix: inboxOf(name),
    authenticator: (nonce = "") => ({
      jwt,
      nkey: key.publicKey,
      sig: Buffer.from(key.sign(Buffer.from(nonce))).toString("base64url"),
    }),
  };
}

/** Writes a context of the `nats` CLI; the answer is its file. */
export function writeCliContext({ name, file, caFile, url }: PlainLogin): string {
  const path = join(guardedFolder(), "context.json");
  const context = { url, creds: file, ca: caFile, inbox_prefix: inboxOf(name) };
  writeFileSync(path, JSON.stringify(context), { mode: 0o600 });
  return path;
}
