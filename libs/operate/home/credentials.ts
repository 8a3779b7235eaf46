import { dayMs } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import {
  createKey,
  formatCredentials,
  issueUser,
  type Key,
  parseCredentials,
} from "../../identity/index.ts";
import { checkDays } from "../tls/names.ts";
import { accountFacts } from "./accounts.ts";
import { readIfThere, readSecret, writeWhole } from "./files.ts";
import { type Home, operatorJwt, roleKey, usualDays } from "./home.ts";

/** Who credentials are for: a name in an account, under the scoped key of its role. */
export interface Identity {
  readonly account: string;
  readonly name: string;
  /** `agent:<name>`, `role:<role>`, `guest` or `admin`. */
  readonly role: string;
}

/** How long credentials last. */
export interface Lasting {
  /** In days. Default: 30. */
  readonly days?: number | undefined;
}

/** Credentials that were written. */
export interface Written extends Identity {
  readonly path: string;
  readonly user: string;
  readonly expires: Date;
}

/** Issues credentials with a new key and writes them, in place of what was there. */
export function issueCredentials(
  home: Home,
  identity: Identity,
  lasting: Lasting = {},
): Promise<Written> {
  return write(home, identity, { ...lasting, key: createKey("user") });
}

/** Writes credentials with the same key and a later expiry, in one step: whoever watches the file goes on with them. */
export function renewCredentials(
  home: Home,
  identity: Identity,
  lasting: Lasting = {},
): Promise<Written> {
  const path = home.layout.creds(identity.account).of(identity.name);
  const text = readSecret(path, `the credentials of ${identity.name}`);
  if (text === undefined) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the credentials of ${identity.name} are not at ${path}; put them there, ` +
        `or give it new ones with \`myelin identity add ${identity.name}\``,
    );
  }
  return write(home, identity, { ...lasting, key: parseCredentials(text).key });
}

/** Credentials that exist in memory only, for some minutes: the home's own way into an account. */
export async function passingCredentials(home: Home, identity: Identity): Promise<string> {
  const key = createKey("user");
  const expiresAt = new Date(home.now().getTime() + passingMs);
  return formatCredentials(await userJwt(home, identity, { key, expiresAt }), key);
}

/** Long enough for clocks that are five minutes apart. */
const passingMs = 15 * 60_000;

/** When credentials of so many days expire. */
export function expiryIn(home: Home, days: number = usualDays): Date {
  return new Date(home.now().getTime() + checkDays("days", days) * dayMs);
}

async function write(
  home: Home,
  identity: Identity,
  { key, days }: Lasting & { readonly key: Key },
): Promise<Written> {
  const { account, name, role } = identity;
  const files = home.layout.creds(account);
  const expires = expiryIn(home, days);
  const jwt = await userJwt(home, identity, { key, expiresAt: expires });
  const user = key.publicKey;
  // First the ledger: what is not in it cannot be revoked.
  home.ledger.add({ is: "issued", at: home.now(), account, name, role, user, expires });
  shareTrust(home, account);
  const path = files.of(name);
  writeWhole(path, formatCredentials(jwt, key), "owner");
  return { ...identity, path, user, expires };
}

/** Puts what to trust beside the credentials: a `.creds` file has no room for it. */
export function shareTrust(home: Home, account: string): void {
  const { operator } = home.layout.creds(account);
  const jwt = `${operatorJwt(home)}\n`;
  if (readIfThere(operator) !== jwt) writeWhole(operator, jwt, "all");
}

function userJwt(
  home: Home,
  { account, name, role }: Identity,
  { key, expiresAt }: { readonly key: Key; readonly expiresAt: Date },
): Promise<string> {
  return issueUser({
    name,
    user: key.publicKey,
    account: accountFacts(home, account).publicKey,
    signer: roleKey(home, account, role),
    expiresAt,
  });
}
