import { resolve } from "node:path";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Key } from "../../identity/index.ts";
import { isThere, readIfThere } from "./files.ts";
import { readKey } from "./keys.ts";
import { type Layout, layout } from "./layout.ts";
import { Ledger } from "./ledger.ts";

/** The issuing side of a mesh: a folder with its keys, what was issued, and what was applied. */
export interface Home {
  readonly folder: string;
  readonly layout: Layout;
  readonly ledger: Ledger;
  /** Now, by whose clock credentials expire. */
  readonly now: () => Date;
  /** Public keys of accounts that were looked up already, by name: they never change. */
  readonly publicKeys: Map<string, string>;
}

/** How long credentials last where nobody says otherwise, in days. */
export const usualDays = 30;

/** A home in this folder, whether it is made already or not. */
export function homeAt(folder: string, now: () => Date = () => new Date()): Home {
  const at = layout(resolve(folder));
  const ledger = new Ledger(at.ledger);
  return Object.freeze({ folder: at.folder, layout: at, ledger, now, publicKeys: new Map() });
}

/** Opens a home that `initHome` made. */
export function openHome(folder: string, now?: () => Date): Home {
  const home = homeAt(folder, now);
  if (isHome(home)) return home;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${home.folder} is no home of a mesh (it has no operator/operator.jwt); make one with \`myelin init\``,
  );
}

/** Whether the home is made. */
function isHome(home: Home): boolean {
  return isThere(home.layout.operator.jwt);
}

/** The operator's JWT, by which servers and agents know what to trust. */
export function operatorJwt(home: Home): string {
  return (readIfThere(home.layout.operator.jwt) ?? "").trim();
}

/** The key that signs accounts from day to day; the operator's master seed is not needed for it. */
export function operatorSigner(home: Home): Key {
  return readKey(
    home.layout.operator.signing,
    "the operator's signing seed",
    "put it back: nothing can be applied or revoked without it",
  );
}

/** The JWT of an account as it was last issued, or undefined. */
export function accountJwt(home: Home, account: string): string | undefined {
  return readIfThere(home.layout.account(account).jwt)?.trim();
}

/** The scoped key that signs the credentials of one role. */
export function roleKey(home: Home, account: string, role: string): Key {
  return readKey(
    home.layout.account(account).key(role),
    `the seed of ${role} in ${account}`,
    "apply mesh.yaml first, or restore the file from a copy",
  );
}
