import { X509Certificate } from "node:crypto";
import { MeshCode, MeshError } from "../../errors/index.ts";

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Its common name. */
  readonly name: string;
  /** The host names and addresses it is for. */
  readonly hosts: readonly string[];
  readonly isAuthority: boolean;
  readonly validFrom: Date;
  readonly expiresAt: Date;
  /** SHA-256 of the whole, in hex with colons, as `openssl x509 -fingerprint -sha256` shows it. */
  readonly fingerprint: string;
}

/** Reads the first certificate of a PEM text; throws `invalid_argument` where there is none. */
export function readCertificate(pem: string): CertificateFacts {
  const certificate = parse(pem);
  return Object.freeze({
    name: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? "",
    hosts: (certificate.subjectAltName ?? "")
      .split(", ")
      .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []),
    isAuthority: certificate.ca,
    validFrom: new Date(certificate.validFrom),
    expiresAt: new Date(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  });
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new MeshError(MeshCode.InvalidArgument, "this is no certificate in PEM", { cause });
  }
}
