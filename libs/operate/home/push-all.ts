import { adminScope } from "@myelin/subjects";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import { readAccount, systemAccountName } from "../../identity/index.ts";
import type { AccountDraft } from "./draft.ts";
import { writeWhole } from "./files.ts";
import { accountJwt, type Home } from "./home.ts";
import { heldBy, notedHeld, noteHeld, push } from "./push.ts";
import { Entrance, type Reach } from "./reach.ts";
import { closed, isLater, isOurs, reissue } from "./reissue.ts";
import { fillResolver } from "./server-config.ts";

/** What was pushed. */
export interface Pushed {
  /** The accounts as the servers have them now. */
  readonly accounts: readonly AccountDraft[];
  /** Names of those that they did not have like this before. */
  readonly names: readonly string[];
  /** Names of those of which the servers had something that this home has no note of: another home may keep them. */
  readonly replaced: readonly string[];
}

/** An account that was pushed, or half so, and what the servers had before. */
interface Step {
  readonly account: AccountDraft;
  readonly before: string | undefined;
}

/** Names of the accounts that a push would give the servers; by the home's notes where these cannot be asked. */
export async function unpushed(
  home: Home,
  drafts: readonly AccountDraft[],
  reach: Reach,
): Promise<readonly string[]> {
  try {
    await using system = await enterSystem(home, reach);
    const held = await Promise.all(drafts.map(({ publicKey }) => heldBy(system, publicKey)));
    const isHeld = (at: number): boolean =>
      held[at]?.length === 1 && held[at]?.[0] === drafts[at]?.jwt;
    return drafts.filter((_, at) => !isHeld(at)).map(({ name }) => name);
  } catch (error) {
    if (!isMeshError(error, MeshCode.Unavailable)) throw error;
    return drafts.filter(({ name, jwt }) => notedHeld(home, name) !== jwt).map(({ name }) => name);
  }
}

/** The home's way into the system account. */
export function enterSystem(home: Home, reach: Reach): Promise<Entrance> {
  return Entrance.open(
    home,
    { account: systemAccountName, name: "apply", role: adminScope },
    reach,
  );
}

/** Pushes what the servers do not have, in order; when one is refused, those before it are taken back. */
export async function pushAll(
  home: Home,
  drafts: readonly AccountDraft[],
  reach: Reach,
): Promise<Pushed> {
  await using system = await enterSystem(home, reach);
  const held = await Promise.all(drafts.map(({ publicKey }) => heldBy(system, publicKey)));
  const accounts: AccountDraft[] = [];
  const steps: Step[] = [];
  const replaced: string[] = [];
  try {
    for (const [at, draft] of drafts.entries()) {
      const others = (held[at] ?? []).filter((jwt) => jwt !== draft.jwt);
      const isHeld = others.length === 0 && held[at]?.length === 1;
      const account = isHeld ? draft : await winning(home, draft, others);
      accounts.push(account);
      if (isHeld) {
        noteHeld(home, draft.jwt);
        continue;
      }
      if (others.length > 0 && !others.some((jwt) => isKnown(home, draft.name, jwt)))
        replaced.push(draft.name);
      // Counted before it is pushed: a push that fails half-way is taken back as well.
      steps.push({ account, before: others[0] });
      await push(home, system, account.jwt);
    }
  } catch (error) {
    await takeBack(home, system, steps);
    const { code, detail } = MeshError.from(error);
    const what = `${detail}; what was pushed before it was taken back`;
    throw new MeshError(code, what, { cause: error });
  }
  return { accounts, names: steps.map(({ account }) => account.name), replaced };
}

/**
 * The draft, issued anew where a server has a JWT that is not older, or revocations that this home knows nothing of:
 * it may come out of a copy, and nobody who was shut out gets in by that.
 */
async function winning(
  home: Home,
  draft: AccountDraft,
  others: readonly string[],
): Promise<AccountDraft> {
  const [newest] = [...others].sort((one, other) => (isLater(one, other) ? -1 : 1));
  const revocations = allRevoked([draft.jwt, ...others.filter((jwt) => isOurs(home, jwt))]);
  const knowsAll = Object.keys(readAccount(draft.jwt).revocations).length === revocations.size;
  if (newest === undefined || (knowsAll && isLater(draft.jwt, newest))) return draft;
  const after = isLater(draft.jwt, newest) ? draft.jwt : newest;
  const jwt = await reissue(home, draft.jwt, {
    after,
    revocations: Object.fromEntries([...revocations].sort(([a], [b]) => (a < b ? -1 : 1))),
  });
  return { ...draft, jwt, isChanged: true };
}

/** By user's key, the latest of what these JWTs of one account say. */
function allRevoked(jwts: readonly string[]): ReadonlyMap<string, Date> {
  const found = new Map<string, Date>();
  for (const [user, at] of jwts.flatMap((jwt) => Object.entries(readAccount(jwt).revocations))) {
    const before = found.get(user);
    if (before === undefined || before < at) found.set(user, at);
  }
  return found;
}

/** Gives the servers what they had before, and the home what the servers have. */
async function takeBack(home: Home, system: Entrance, steps: readonly Step[]): Promise<void> {
  for (const { account, before } of [...steps].reverse()) {
    try {
      const known = [before, account.before].find((one) => one !== undefined && isOurs(home, one));
      const jwt =
        known === undefined
          ? await closed(home, account.jwt)
          : await reissue(home, known, { after: account.jwt });
      await push(home, system, jwt);
      if (known !== undefined && known === account.before) {
        writeWhole(home.layout.account(account.name).jwt, `${jwt}\n`, "all");
      }
    } catch {
      // The error that led here says more; the next apply compares with what the servers have.
    }
  }
  fillResolver(home);
}

/** Whether it is what this home has issued last, or has given the servers. */
function isKnown(home: Home, account: string, jwt: string): boolean {
  return jwt === notedHeld(home, account) || jwt === accountJwt(home, account);
}
