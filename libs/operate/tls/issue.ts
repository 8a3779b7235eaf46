import { isIP } from "node:net";
import type { Authority } from "./authority.ts";
import { checkCommonName, checkDays, checkHosts } from "./names.ts";
import { type Pair, signed, validity } from "./signing.ts";

/** What a server's certificate is like. */
export interface ServerCertificateOptions {
  /** Host names and addresses under which clients reach it. Default: `localhost`, `127.0.0.1`, `::1`. */
  readonly names?: readonly string[];
  /** How long it is valid, in days; never longer than the authority. Default: 365. */
  readonly days?: number | undefined;
  /** Now, for tests. Default: the machine's time. */
  readonly now?: Date;
}

/** What a client's certificate is like, where a server asks for one. */
export interface ClientCertificateOptions {
  /** Whose it is: an agent's name, or that of a person or service. */
  readonly name: string;
  /** How long it is valid, in days; never longer than the authority. Default: 365. */
  readonly days?: number;
  /** Now, for tests. Default: the machine's time. */
  readonly now?: Date;
}

/** The names of a server that serves its own machine only. */
export const localNames: readonly string[] = Object.freeze(["localhost", "127.0.0.1", "::1"]);

const usualDays = 365;

/** Issues a server's certificate with a fresh key. */
export async function issueServerCertificate(
  authority: Authority,
  options: ServerCertificateOptions = {},
): Promise<Pair> {
  const names = checkHosts("names", options.names ?? localNames);
  const days = checkDays("days", options.days ?? usualDays);
  return signed(authority, (x509) => ({
    name: names[0] ?? "",
    ...validity(days, options.now ?? new Date()),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // To the other nodes of a cluster a server is a client as well.
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
    ],
  }));
}

/** Issues a client's certificate with a fresh key. */
export async function issueClientCertificate(
  authority: Authority,
  options: ClientCertificateOptions,
): Promise<Pair> {
  const name = checkCommonName("name", options.name);
  const days = checkDays("days", options.days ?? usualDays);
  return signed(authority, (x509) => ({
    name,
    ...validity(days, options.now ?? new Date()),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  }));
}
