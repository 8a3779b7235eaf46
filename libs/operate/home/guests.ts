import { guestScope, type MeshPolicy } from "@myelin/subjects";
import { accountFacts } from "./accounts.ts";
import { shareTrust } from "./credentials.ts";
import { readIfThere, remove, writeWhole } from "./files.ts";
import { type Home, roleKey } from "./home.ts";

/**
 * Puts the guests' signing key where programs of a development mesh find it, so that a name needs no credentials
 * first; takes it away where guests are no longer welcome.
 */
export function shareGuests(home: Home, policy: MeshPolicy): void {
  for (const [workspace, { guests }] of Object.entries(policy.workspaces)) {
    const files = home.layout.creds(workspace);
    if (!guests) {
      remove(files.guestSeed);
      remove(files.guest);
      continue;
    }
    const account = accountFacts(home, workspace).publicKey;
    const seed = `${roleKey(home, workspace, guestScope).seedText()}\n`;
    shareTrust(home, workspace);
    writeIfOther(files.guest, `${JSON.stringify({ account, workspace })}\n`);
    writeIfOther(files.guestSeed, seed);
  }
}

function writeIfOther(path: string, text: string): void {
  if (readIfThere(path) !== text) writeWhole(path, text, "owner");
}
