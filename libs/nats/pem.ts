import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { MeshCode, MeshError } from "../errors/index.ts";
import { readSecret, readText } from "./secret-file.ts";
import type { TlsConfig } from "./tls.ts";

/** Certificates and key as they stand in the files now, checked. */
export interface Pems {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** When our own certificate ends. */
  readonly expiresAt: Date | undefined;
  readonly issuedAt: Date | undefined;
}

/** Reads the files; throws what is wrong with which of them, and what to do. */
export async function readPems({ caFile, certFile, keyFile }: TlsConfig): Promise<Pems> {
  const ca = await read("tls.caFile", caFile);
  const cert = await read("tls.certFile", certFile);
  const key =
    keyFile === undefined
      ? undefined
      : await readSecret({ option: "tls.keyFile", path: keyFile, advice: "name the key's file" });
  if (ca !== undefined) certificates("tls.caFile", caFile, ca);
  const [own] = cert === undefined ? [] : certificates("tls.certFile", certFile, cert);
  checkTogether(cert, key, `tls.certFile ${certFile} and tls.keyFile ${keyFile}`);
  return {
    ...{ ca, cert, key },
    expiresAt: own === undefined ? undefined : new Date(own.validTo),
    issuedAt: own === undefined ? undefined : new Date(own.validFrom),
  };
}

async function read(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readText({ option, path, advice: "name the file that holds the certificates in PEM" });
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** OpenSSL takes the good ones of a bundle and drops the rest without a word. */
function certificates(option: string, path: string | undefined, text: string): X509Certificate[] {
  const blocks = text.match(block) ?? [];
  const begun = text.split("-----BEGIN CERTIFICATE-----").length - 1;
  try {
    if (blocks.length > 0 && blocks.length === begun)
      return blocks.map((pem) => new X509Certificate(pem));
  } catch {
    // Told below, with the path.
  }
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option}: ${path} must hold certificates in PEM, whole ones only; is it cut off, or another file?`,
  );
}

function checkTogether(cert: string | undefined, key: string | undefined, which: string): void {
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${which} do not belong together or cannot be read (${why}); name the key that the certificate was made for`,
      { cause: error },
    );
  }
}
