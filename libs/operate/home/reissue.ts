import type { AccountExport, AccountImport } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { issueAccount, readAccount, readOperator } from "../../identity/index.ts";
import { type Home, operatorJwt, operatorSigner } from "./home.ts";
import { laterThan } from "./later.ts";

/** In what an account's JWT is to differ from the one before. */
export interface ReissueOptions {
  /** The JWT that the new one has to win over. */
  readonly after: string;
  /** Default: those of the JWT before. */
  readonly revocations?: Readonly<Record<string, Date>>;
}

/** An account's JWT that says the same, issued in a later second than `after`: of two the servers keep the later. */
export async function reissue(
  home: Home,
  jwt: string,
  { after, revocations }: ReissueOptions,
): Promise<string> {
  // What a server hands back is not signed here unless it was before.
  checkIssuer(home, jwt);
  const claims = readAccount(jwt);
  await laterThan(after);
  return issueAccount({
    name: claims.name,
    account: claims.account,
    signer: operatorSigner(home),
    scopes: [...claims.scopes.values()],
    // Our own JWT, checked by its signature: what went in comes out.
    exports: claims.exports as readonly AccountExport[],
    imports: claims.imports as readonly AccountImport[],
    jetstream: claims.jetstream,
    revocations: revocations ?? claims.revocations,
  });
}

/** An account that lets nobody in: what a new one becomes when it is taken back. */
export async function closed(home: Home, jwt: string): Promise<string> {
  const { name, account } = readAccount(jwt);
  await laterThan(jwt);
  const empty = { scopes: [], exports: [], imports: [], revocations: {}, jetstream: false };
  return issueAccount({ name, account, signer: operatorSigner(home), ...empty });
}

/** Whether this home's operator signed an account's JWT. */
export function isOurs(home: Home, jwt: string): boolean {
  return readOperator(operatorJwt(home)).signingKeys.includes(readAccount(jwt).issuedBy);
}

/** Throws `permission_denied` for the JWT of an account that another operator signed. */
export function checkIssuer(home: Home, jwt: string): void {
  if (isOurs(home, jwt)) return;
  const { name, issuedBy } = readAccount(jwt);
  throw new MeshError(
    MeshCode.PermissionDenied,
    `the JWT of account ${name} is signed by ${issuedBy}, which is no signing key of this home's operator; it goes nowhere`,
  );
}

/** Whether one JWT was issued in a later second than the other. */
export function isLater(one: string, other: string): boolean {
  return readAccount(one).issuedAt > readAccount(other).issuedAt;
}
