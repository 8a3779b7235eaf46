import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createKey,
  issueAccount,
  issueOperator,
  type Key,
  systemAccountName,
} from "../identity/index.ts";
import { issueServerCertificate, makeAuthority } from "../operate/tls/index.ts";
import { guardedFolder } from "./guard.ts";

/** Who issues for the meshes under test of this process, and the certificate of their servers. */
export interface TestIssuer {
  /** Signs accounts. */
  readonly signer: Key;
  readonly operatorJwt: string;
  /** The authority that vouches for the servers. */
  readonly caFile: string;
  /** A server's configuration: TLS, and whom it trusts. */
  readonly config: string;
  /** The system account's entry for `resolver_preload`. */
  readonly systemEntry: string;
}

// One per process: keys and certificates take a tenth of a second, and no test is about these.
let made: Promise<TestIssuer> | undefined;

/** The issuer of this process, made at the first time. */
export function testIssuer(): Promise<TestIssuer> {
  made ??= make();
  return made;
}

async function make(): Promise<TestIssuer> {
  const folder = guardedFolder();
  const [operator, signer] = [createKey("operator"), createKey("operator")];
  const system = createKey("account").publicKey;
  const operatorJwt = await issueOperator({
    name: "test",
    operator,
    signing: signer.publicKey,
    systemAccount: system,
  });
  const systemJwt = await issueAccount({
    name: systemAccountName,
    account: system,
    signer,
    ...{ scopes: [], exports: [], imports: [], jetstream: false, revocations: {} },
  });
  const files = await certificates(folder);
  const config = [
    // Servers wait two seconds for a handshake and a third for the login: a machine may stand still for longer.
    `tls { cert_file: "${files.cert}", key_file: "${files.key}", min_version: "1.2", timeout: 20 }`,
    `operator: "${operatorJwt}"`,
    `system_account: ${system}`,
    "resolver: MEMORY",
  ];
  return Object.freeze({
    signer,
    operatorJwt,
    caFile: files.ca,
    config: config.join("\n"),
    systemEntry: `${system}: ${systemJwt}`,
  });
}

async function certificates(folder: string) {
  const authority = await makeAuthority({ name: "Myelin tests" });
  const server = await issueServerCertificate(authority);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: write("ca.pem", authority.certificate),
    cert: write("server.pem", server.certificate),
    key: write("server.key", server.key),
  };
}
