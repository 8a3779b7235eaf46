import { randomUUID } from "node:crypto";
import { access, link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dayMs } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import {
  type Credentials,
  createKey,
  formatCredentials,
  issueUser,
  keyFromSeed,
  parseCredentials,
} from "../identity/index.ts";
import { readSecret, readText } from "./secret-file.ts";

/** How long a guest's credentials last, in milliseconds. They are made anew when a third of it is left. */
const lifetimeMs = 30 * dayMs;

/**
 * Writes a guest's credentials on the spot, where the folder holds the guests' signing key: a development mesh lets
 * anybody join under any name. Does nothing where it does not, or where there are some that last.
 */
export async function makeGuest(folder: string, path: string, name: string): Promise<void> {
  const seedPath = join(folder, "guest.seed");
  try {
    await access(seedPath);
  } catch {
    // No guests here: a missing file of credentials is then the better thing to tell.
    return;
  }
  const advice = "`myelin init` makes it for a mesh with guests";
  const option = "credentials.folder";
  const guests = { option, path: join(folder, "guest.json"), advice };
  const account = accountIn(await readText(guests), guests.path);
  const signer = keyFromSeed((await readSecret({ option, path: seedPath, advice })).trim());
  const old = await readIfThere(path);
  if (old === "unreadable") return;
  // What was issued under this name otherwise is no guest's, and stays; of an earlier mesh's nothing is of use.
  const isOurs = old?.account === account;
  if (old !== undefined && isOurs && (lasts(old) || old.signingKey !== signer.publicKey)) return;
  const expiresAt = new Date(Date.now() + lifetimeMs);
  const user = createKey("user");
  const jwt = await issueUser({ name, user: user.publicKey, account, signer, expiresAt });
  await place(path, formatCredentials(jwt, user), old !== undefined);
}

async function readIfThere(path: string): Promise<Credentials | undefined | "unreadable"> {
  try {
    return parseCredentials(await readFile(path, "utf8"));
  } catch (error) {
    // What cannot be read is told by whoever reads it next.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : "unreadable";
  }
}

function lasts({ expiresAt }: Credentials): boolean {
  return expiresAt === undefined || expiresAt.getTime() - Date.now() > lifetimeMs / 3;
}

/** Whole or not at all; of several instances that start at once, all take the first one's. */
async function place(path: string, text: string, replaces: boolean): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx" });
    if (replaces) await rename(draft, path);
    else await link(draft, path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const why = `credentials.folder: a guest's credentials cannot be written: ${message}`;
    throw new MeshError(MeshCode.InvalidArgument, `${why}; let this user write there`);
  } finally {
    await rm(draft, { force: true });
  }
}

function accountIn(text: string, path: string): string {
  try {
    const { account } = JSON.parse(text) as { readonly account?: unknown };
    if (typeof account === "string") return account;
  } catch {
    // Told below, with the path.
  }
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${path} must be {"account":"A…"}; \`myelin init\` makes it`,
  );
}
