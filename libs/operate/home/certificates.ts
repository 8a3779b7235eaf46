import type { MeshPolicy } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import {
  type Authority,
  type CertificateFacts,
  issueClientCertificate,
  issueServerCertificate,
  localNames,
  makeAuthority,
  readAuthority,
  readCertificate,
} from "../tls/index.ts";
import { isThere, readIfThere, readSecret, writeWhole } from "./files.ts";
import type { Home } from "./home.ts";
import { membersOf } from "./members.ts";

/** The name of the home's own certificate, where servers ask for one. */
export const homeClient = "myelin";

/** Makes the authority that vouches for the mesh's servers, where there is none. */
export async function ensureAuthority(home: Home): Promise<boolean> {
  const { ca, caKey } = home.layout.tls;
  if (isThere(ca)) return false;
  const { certificate, key } = await makeAuthority();
  writeWhole(caKey, key, "owner");
  writeWhole(ca, certificate, "all");
  return true;
}

/** What a server's certificate is issued for. */
export interface CertifyOptions {
  /** Names and addresses. Default: those of the certificate that is there. */
  readonly hosts?: readonly string[] | undefined;
  /** How long it is valid, in days. Default: 365. */
  readonly days?: number | undefined;
}

/** Issues the servers' certificate, in place of the one that is there. A server takes it up when it is told to reload. */
export async function certifyServer(
  home: Home,
  { hosts, days }: CertifyOptions = {},
): Promise<CertificateFacts> {
  const { server, serverKey } = home.layout.tls;
  const before = readIfThere(server);
  const names = hosts ?? (before === undefined ? localNames : readCertificate(before).hosts);
  const { certificate, key } = await issueServerCertificate(authority(home), {
    ...{ names, days, now: home.now() },
  });
  // Between the two a reload finds a pair that does not belong together, refuses it, and keeps the old one.
  writeWhole(serverKey, key, "owner");
  writeWhole(server, certificate, "all");
  return readCertificate(certificate);
}

/** Gives a certificate to everybody who has none, in a mesh whose servers ask for one. */
export async function certifyClients(home: Home, policy: MeshPolicy): Promise<void> {
  if (!isThere(home.layout.client(homeClient).certificate)) return;
  for (const { name } of membersOf(policy)) await certifyClient(home, name);
}

/** Gives one a certificate, where it has none. */
export async function certifyClient(home: Home, name: string): Promise<void> {
  const files = home.layout.client(name);
  if (isThere(files.certificate)) return;
  const { certificate, key } = await issueClientCertificate(authority(home), { name });
  writeWhole(files.key, key, "owner");
  writeWhole(files.certificate, certificate, "all");
}

function authority({ layout }: Home): Authority {
  const { ca, caKey } = layout.tls;
  const key = readSecret(caKey, "the authority's key");
  if (key !== undefined) return readAuthority(readIfThere(ca) ?? "", key);
  throw new MeshError(
    MeshCode.InvalidArgument,
    `the authority's key is not there (${caKey}); put it back: no certificate can be issued without it`,
  );
}
