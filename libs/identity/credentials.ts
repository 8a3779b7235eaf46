import { fmtCreds } from "@nats-io/jwt";
import { MeshCode, MeshError } from "../errors/index.ts";
import { readUser } from "./claims.ts";
import { type Key, keyFromSeed } from "./key.ts";
import { asKeyPair } from "./key-pair.ts";
import { quoted } from "./names.ts";

/** What a program logs in with. Printing it shows no secret: the seed stays inside the key. */
export interface Credentials {
  /** The user's JWT, which is no secret. */
  readonly jwt: string;
  readonly key: Key;
  readonly name: string;
  /** The account it logs in to. */
  readonly account: string;
  /** The account's signing key that signed them. */
  readonly signingKey: string;
  readonly issuedAt: Date;
  readonly notBefore: Date | undefined;
  /** When the server stops taking them. Default: never. */
  readonly expiresAt: Date | undefined;
}

/** Longest text that is read as credentials, in characters. */
const maxLength = 64 * 1024;

const boundary = /^-{3,}(BEGIN|END) (NATS USER JWT|USER NKEY SEED)-{3,}$/;

/** The text of a `.creds` file. It holds the seed: write it where only its owner reads (mode 0600). */
export function formatCredentials(jwt: string, key: Key): string {
  checkPair(jwt, key);
  return new TextDecoder().decode(fmtCreds(jwt, asKeyPair(key)));
}

/** Reads the text of a `.creds` file; throws `invalid_argument` that says what is wrong with it, and never its seed. */
export function parseCredentials(text: string): Credentials {
  if (typeof text !== "string") throw unusable(`they are ${typeof text}, not text`);
  if (text.length > maxLength)
    throw unusable(`they have ${text.length} characters, the limit is ${maxLength}`);
  const found = blocksOf(text);
  const jwt = found.get("NATS USER JWT");
  const seed = found.get("USER NKEY SEED");
  if (jwt === undefined || seed === undefined) throw unusable(missing(text, jwt, seed));
  const key = readKey(seed);
  const claims = checkPair(jwt, key);
  const { name, account, signingKey, issuedAt, notBefore, expiresAt } = claims;
  return Object.freeze({ jwt, key, name, account, signingKey, issuedAt, notBefore, expiresAt });
}

/** What stands between BEGIN and END of each label. Line by line, so that no text takes long. */
function blocksOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    const [, edge, label = ""] = boundary.exec(line) ?? [];
    if (edge === "BEGIN") open = { label, lines: [] };
    else if (edge === undefined) open?.lines.push(line);
    else if (open?.label === label) {
      if (found.has(label))
        throw unusable(`they have two blocks ${label}; keep the one that belongs`);
      found.set(label, open.lines.join("\n").trim());
      open = undefined;
    }
  }
  return found;
}

function checkPair(jwt: string, key: Key): ReturnType<typeof readUser> {
  const claims = readClaims(jwt);
  if (claims.user === key.publicKey) return claims;
  throw unusable(
    `the JWT of ${quoted(claims.name)} is about ${claims.user}, the seed beside it belongs to ${key.publicKey}`,
  );
}

function readClaims(jwt: string): ReturnType<typeof readUser> {
  try {
    return readUser(jwt);
  } catch (error) {
    const cause = MeshError.from(error);
    throw unusable(cause.detail, cause);
  }
}

function readKey(seed: string): Key {
  let key: Key;
  try {
    key = keyFromSeed(seed);
  } catch (error) {
    const cause = MeshError.from(error);
    throw unusable(cause.detail, cause);
  }
  if (key.kind === "user") return key;
  throw unusable(`the seed is that of an ${key.kind} (${key.publicKey}), a user's begins with SU`);
}

function missing(text: string, jwt: string | undefined, seed: string | undefined): string {
  if (text.trim() === "") return "the text is empty";
  const block = jwt === undefined ? "BEGIN NATS USER JWT" : "BEGIN USER NKEY SEED";
  const neither = jwt === undefined && seed === undefined;
  return `the text of ${text.length} characters has no whole block -----${block}-----${neither ? " and no seed" : ""}`;
}

function unusable(why: string, cause?: MeshError): MeshError {
  return new MeshError(
    MeshCode.InvalidArgument,
    `these are no usable credentials: ${why}; give the .creds file that was issued, unchanged`,
    { cause },
  );
}
