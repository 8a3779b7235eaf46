import { webcrypto, X509Certificate } from "node:crypto";
import { dayMs } from "@myelin/subjects";
import type * as X509 from "@peculiar/x509";
import { MeshCode, MeshError } from "../../errors/index.ts";

/** A certificate with its private key, both in PEM. The key is a secret: files that hold it are for their owner only. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** From when to when. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What is to be signed. */
export interface Draft extends Validity {
  readonly name: string;
  readonly extensions: readonly X509.Extension[];
}

type Library = typeof X509;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Clocks of one mesh may be apart so much, in milliseconds. */
const skewMs = 300_000;

/** So many days from now. A machine whose clock is behind takes the certificate as well. */
export function validity(days: number, now: Date): Validity {
  return {
    notBefore: new Date(now.getTime() - skewMs),
    notAfter: new Date(now.getTime() + days * dayMs),
  };
}

/** Makes a key pair and signs its certificate: by the authority, or by itself where there is none. */
export async function signed(
  authority: Pair | undefined,
  draft: (library: Library) => Draft,
): Promise<Pair> {
  const library = await load();
  const { name, notBefore, notAfter, extensions } = draft(library);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const signer = authority === undefined ? undefined : await signerOf(authority);
  const until = earlier(notAfter, signer?.expiresAt ?? notAfter);
  if (until <= notBefore) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the authority is valid until ${until.toISOString()} only; make a new one first`,
    );
  }
  const subject = [{ CN: [name] }];
  const certificate = await library.X509CertificateGenerator.create({
    subject,
    issuer: signer?.subject ?? subject,
    notBefore,
    notAfter: until,
    publicKey: keys.publicKey,
    signingKey: signer?.key ?? keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...extensions,
      await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await library.AuthorityKeyIdentifierExtension.create(signer?.publicKey ?? keys.publicKey),
    ],
  });
  return Object.freeze({
    certificate: `${certificate.toString("pem")}\n`,
    key: await pemOf(keys.privateKey),
  });
}

async function signerOf({ certificate, key }: Pair) {
  const { X509Certificate: Parsed, PemConverter } = await load();
  const parsed = new Parsed(certificate);
  return {
    subject: parsed.subjectName,
    publicKey: parsed.publicKey,
    expiresAt: new Date(new X509Certificate(certificate).validTo),
    key: await webcrypto.subtle.importKey(
      "pkcs8",
      PemConverter.decodeFirst(key),
      algorithm,
      false,
      ["sign"],
    ),
  };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}

/** Loaded where a certificate is made and nowhere else: it takes a tenth of a second. */
async function load(): Promise<Library> {
  // A part of the library below needs it and does not bring it.
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}
