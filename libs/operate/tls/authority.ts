import { createPrivateKey, X509Certificate } from "node:crypto";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readCertificate } from "./facts.ts";
import { checkCommonName, checkDays } from "./names.ts";
import { type Pair, signed, validity } from "./signing.ts";

/** A local certificate authority: what vouches for the servers of a mesh, and for clients where those need certificates. */
export type Authority = Pair;

/** What a new authority is like. */
export interface AuthorityOptions {
  /** Its name in certificates. Default: `Myelin mesh`. */
  readonly name?: string;
  /** How long it is valid, in days. Default: 3650. */
  readonly days?: number;
  /** Now, for tests. Default: the machine's time. */
  readonly now?: Date;
}

const usualDays = 3_650;

/** Makes an authority with a fresh P-256 key. It may sign certificates and nothing below it may. */
export async function makeAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const name = checkCommonName("authority.name", options.name ?? "Myelin mesh");
  const days = checkDays("authority.days", options.days ?? usualDays);
  return signed(undefined, (x509) => ({
    name,
    ...validity(days, options.now ?? new Date()),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  }));
}

/** Checks an authority that was read from files: that it may sign, and that the key is its own. */
export function readAuthority(certificate: string, key: string): Authority {
  const facts = readCertificate(certificate);
  if (!facts.isAuthority) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the certificate of ${facts.name} is not an authority's: it may not sign others`,
    );
  }
  if (!isKeyOf(certificate, key)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the key is not that of the authority ${facts.name}; the two files belong together`,
    );
  }
  return Object.freeze({ certificate, key });
}

function isKeyOf(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    // Node says nothing of the key's content here, but its message is for people who know PEM.
    throw new MeshError(MeshCode.InvalidArgument, "the authority's key is no private key in PEM", {
      cause,
    });
  }
}
