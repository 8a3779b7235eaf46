import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Authority,
  issueClientCertificate,
  issueServerCertificate,
  makeAuthority,
} from "../../libs/operate/tls/index.ts";

/** Replaces a file in one step, as whoever renews it does. */
export function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Certificates in a folder: `ca.pem`, `server.pem`, `server.key`, and a client's where asked for. */
export async function certify(
  folder: string,
  names: readonly string[] = ["localhost", "127.0.0.1"],
): Promise<Authority> {
  const authority = await makeAuthority({ name: "test" });
  writeFileSync(join(folder, "ca.pem"), authority.certificate);
  await serverCertificate(folder, authority, names);
  return authority;
}

/** A new certificate for the server, in the place of the old one. */
export async function serverCertificate(
  folder: string,
  authority: Authority,
  names: readonly string[] = ["localhost", "127.0.0.1"],
): Promise<void> {
  const { certificate, key } = await issueServerCertificate(authority, { names });
  replace(join(folder, "server.pem"), certificate);
  replace(join(folder, "server.key"), key);
}

/** A new certificate for a client, in the place of the old one. */
export async function clientCertificate(
  folder: string,
  authority: Authority,
  name: string,
): Promise<{ readonly certFile: string; readonly keyFile: string }> {
  const { certificate, key } = await issueClientCertificate(authority, { name });
  const files = { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  replace(files.certFile, certificate);
  replace(files.keyFile, key);
  return files;
}

/**
 * The lines of a server's configuration for its certificate in a folder. It waits for a handshake longer than a machine
 * may stand still, unless it is told otherwise.
 */
export function tlsConfig(folder: string, more = ""): string {
  const [cert, key, ca] = ["server.pem", "server.key", "ca.pem"].map((file) => join(folder, file));
  return `tls { cert_file: "${cert}"\n key_file: "${key}"\n ca_file: "${ca}"\n timeout: 20\n ${more} }`;
}
