import { readdirSync } from "node:fs";
import { join } from "node:path";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readAccount } from "../../identity/index.ts";
import { accountJwt, type Home } from "./home.ts";

/** An account as the home has it. */
export interface AccountFacts {
  readonly name: string;
  readonly publicKey: string;
  readonly jwt: string;
}

/** The accounts of a home, by name. */
export function accountNames(home: Home): readonly string[] {
  try {
    return readdirSync(join(home.folder, "accounts")).sort();
  } catch {
    // A home in the making has none.
    return [];
  }
}

/** An account that was issued; throws where it never was. */
export function accountFacts(home: Home, name: string): AccountFacts {
  const jwt = accountJwt(home, name);
  if (jwt !== undefined) {
    const publicKey = home.publicKeys.get(name) ?? readAccount(jwt).account;
    home.publicKeys.set(name, publicKey);
    return { name, publicKey, jwt };
  }
  throw new MeshError(
    MeshCode.InvalidArgument,
    `there is no account ${name} in ${home.folder}; apply a mesh.yaml that has it as a workspace`,
  );
}

/** Whether two JWTs of an account say the same; when and under which id they were issued does not count. */
export function saysTheSame(one: string, other: string): boolean {
  return one === other || claimsOf(one) === claimsOf(other);
}

function claimsOf(jwt: string): string {
  const body = Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8");
  try {
    const { iat: _iat, jti: _jti, ...claims } = JSON.parse(body) as Record<string, unknown>;
    return JSON.stringify(claims, sorted);
  } catch {
    // Not a JWT: it says the same as nothing else.
    return body;
  }
}

/** Keys in one order: a server that writes a JWT anew may order them otherwise. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
