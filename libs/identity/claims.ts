import { MeshCode, MeshError } from "../errors/index.ts";
import { kindOfPublic } from "./key-text.ts";
import { quoted } from "./names.ts";
import { decodeScope, type Scope } from "./scope.ts";
import { isRecord, readToken, type Token } from "./token.ts";

/** What an operator's JWT says: the root of trust of a mesh. */
export interface OperatorClaims {
  readonly name: string;
  readonly operator: string;
  /** The keys that sign accounts; the operator's own is not among them. */
  readonly signingKeys: readonly string[];
  readonly systemAccount: string | undefined;
}

/** What an account's JWT says of whom it lets in. */
export interface AccountClaims {
  readonly name: string;
  readonly account: string;
  readonly issuedBy: string;
  readonly issuedAt: Date;
  readonly notBefore: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly jetstream: boolean;
  /** Scoped signing keys, by public key. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** By user's public key, or `*`: whatever was issued up to then is void. */
  readonly revocations: Readonly<Record<string, Date>>;
  readonly exports: readonly unknown[];
  readonly imports: readonly unknown[];
}

/** What a user's JWT says. */
export interface UserClaims {
  readonly name: string;
  readonly user: string;
  /** The account it logs in to. */
  readonly account: string;
  /** The key that signed it: a scoped signing key of the account. */
  readonly signingKey: string;
  readonly issuedAt: Date;
  readonly notBefore: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** Whether it carries permissions or limits of its own, which a scoped key forbids. */
  readonly ownPermissions: boolean;
}

/** Reads an operator's JWT, which must be signed by the operator itself. */
export function readOperator(jwt: string): OperatorClaims {
  const token = readToken("operator", jwt);
  if (token.issuedBy !== token.subject) {
    throw new MeshError(
      MeshCode.PermissionDenied,
      `the operator JWT of ${token.subject} must be signed by that key itself, it is signed by ${token.issuedBy}`,
    );
  }
  const { signing_keys: keys, system_account: system } = token.claims;
  return Object.freeze({
    name: token.name,
    operator: token.subject,
    signingKeys: Object.freeze(list(keys).filter(isOperatorKey)),
    systemAccount: typeof system === "string" ? system : undefined,
  });
}

/** The keys that speak for an operator: its own, and those it signs with. Throws like `readOperator`. */
export function operatorKeys(jwt: string): readonly string[] {
  const { operator, signingKeys } = readOperator(jwt.trim());
  return [operator, ...signingKeys];
}

const readHere = new WeakSet<object>();

/** Reads an account's JWT and checks its signature. Whether the signer may, `openChain` judges. */
export function readAccount(jwt: string): AccountClaims {
  const token = readToken("account", jwt);
  const { signing_keys: keys, limits, revocations } = token.claims;
  const scopes = list(keys).map(decodeScope);
  const claims = Object.freeze({
    name: token.name,
    account: token.subject,
    ...times(token),
    issuedBy: token.issuedBy,
    jetstream: keepsStreams(limits),
    scopes: new Map(scopes.flatMap((scope) => (scope === undefined ? [] : [[scope.key, scope]]))),
    revocations: readRevocations(revocations),
    exports: Object.freeze(list(token.claims["exports"])),
    imports: Object.freeze(list(token.claims["imports"])),
  });
  readHere.add(claims);
  return claims;
}

/** Whether these are claims that `readAccount` gave: the same fields from elsewhere were signed by nobody. */
export function isReadAccount(claims: unknown): claims is AccountClaims {
  return typeof claims === "object" && claims !== null && readHere.has(claims);
}

/** Reads a user's JWT and checks its signature. Whether the signer may, `openChain` judges. */
export function readUser(jwt: string): UserClaims {
  const token = readToken("user", jwt);
  return Object.freeze({
    name: token.name,
    user: token.subject,
    account: accountOf(token),
    signingKey: token.issuedBy,
    ...times(token),
    ownPermissions: hasPermissions(token.claims),
  });
}

/** Anybody can make a JWT up, and its account becomes part of a subject that its reader asks: nothing but a key passes. */
function accountOf({ claims, issuedBy }: Token): string {
  const { issuer_account: issuer } = claims;
  const account = issuer === undefined || issuer === "" ? issuedBy : issuer;
  if (typeof account === "string" && kindOfPublic(account) === "account") return account;
  const detail = `this is not a user JWT: its account ${quoted(account)} is not the public key of one`;
  throw new MeshError(MeshCode.MalformedPayload, detail);
}

function times(token: Token): Pick<Token, "issuedAt" | "notBefore" | "expiresAt"> {
  const { issuedAt, notBefore, expiresAt } = token;
  return { issuedAt, notBefore, expiresAt };
}

const permissionFields = [
  ..."pub sub resp src times locale subs data payload bearer_token".split(" "),
  "allowed_connection_types",
];

/** Whether anything but an empty value stands where permissions and limits do. */
function hasPermissions(claims: Readonly<Record<string, unknown>>): boolean {
  return permissionFields.some((field) => !isEmpty(claims[field]));
}

/** An empty permission is `{ allow: [], deny: [] }`: nothing in it stands deeper than that. */
function isEmpty(value: unknown, depth = 2): boolean {
  if (typeof value === "object" && value !== null)
    return depth > 0 && Object.values(value).every((inner) => isEmpty(inner, depth - 1));
  return value === undefined || value === null || value === 0 || value === false || value === "";
}

function keepsStreams(limits: unknown): boolean {
  return isRecord(limits) && !(isEmpty(limits["mem_storage"]) && isEmpty(limits["disk_storage"]));
}

function readRevocations(revocations: unknown): Readonly<Record<string, Date>> {
  const read: Record<string, Date> = Object.create(null);
  if (!isRecord(revocations)) return Object.freeze(read);
  for (const [user, seconds] of Object.entries(revocations)) {
    if (typeof seconds !== "number" || !Number.isInteger(seconds) || Math.abs(seconds) > 8.64e12) {
      const detail = `this is not an account JWT: its revocation of ${quoted(user)} has no time`;
      throw new MeshError(MeshCode.MalformedPayload, detail);
    }
    read[user] = new Date(seconds * 1_000);
  }
  return Object.freeze(read);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isOperatorKey(value: unknown): value is string {
  return typeof value === "string" && kindOfPublic(value) === "operator";
}

/** What cannot be read proves nothing, whatever its own code is. */
export function provable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const cause = MeshError.from(error);
    throw new MeshError(MeshCode.PermissionDenied, cause.detail, { cause });
  }
}
