import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate for 127.0.0.1 that vouches for itself, and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes one in DER by hand (RFC 5280): Node can read certificates, but not write them. */
export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const commonName = set(sequence(oid(0x55, 4, 3), tagged(0x0c, Buffer.from("myelin test"))));
  const name = sequence(commonName);
  const basicConstraints = extension(oid(0x55, 0x1d, 0x13), sequence(tagged(0x01, bytes(0xff))));
  // nats.js checks `localhost` when the URL holds an address.
  const names = sequence(tagged(0x87, bytes(127, 0, 0, 1)), tagged(0x82, Buffer.from("localhost")));
  const alternativeName = extension(oid(0x55, 0x1d, 0x11), names);
  const toBeSigned = sequence(
    tagged(0xa0, tagged(0x02, bytes(2))),
    tagged(0x02, bytes(1)),
    ecdsaWithSha256,
    name,
    sequence(utcTime("200101000000Z"), utcTime("491231235959Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(basicConstraints, alternativeName)),
  );
  const signature = tagged(0x03, Buffer.concat([bytes(0), sign("sha256", toBeSigned, privateKey)]));
  const der = sequence(toBeSigned, ecdsaWithSha256, signature);
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

// 1.2.840.10045.4.3.2
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([bytes(tag), size(content.length), content]);
}

/** DER takes the shortest form only. */
function size(length: number): Buffer {
  if (length < 128) return bytes(length);
  return length < 256 ? bytes(0x81, length) : bytes(0x82, length >> 8, length & 0xff);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(part: Buffer): Buffer {
  return tagged(0x31, part);
}

function oid(...encoded: readonly number[]): Buffer {
  return tagged(0x06, bytes(...encoded));
}

function utcTime(text: string): Buffer {
  return tagged(0x17, Buffer.from(text));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, tagged(0x04, value));
}

function bytes(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}
