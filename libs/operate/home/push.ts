import { z } from "zod";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readAccount } from "../../identity/index.ts";
import { readJson } from "../json.ts";
import { readIfThere, writeWhole } from "./files.ts";
import type { Home } from "./home.ts";
import type { Entrance } from "./reach.ts";
import { checkIssuer } from "./reissue.ts";

const answer = z.object({
  data: z.object({ code: z.number(), message: z.string().optional() }).optional(),
  error: z.object({ code: z.number(), description: z.string() }).optional(),
});

const info = z.object({ data: z.object({ jwt: z.string().optional() }).nullish() });

const takesMs = 5_000;
const lookMs = 50;
const lookUpMs = 500;

/**
 * The JWTs of an account that the servers work with or keep, each once; one where all agree, none where it is new.
 *
 * What they keep is not enough: a file may have been put there under a running server.
 */
export async function heldBy(system: Entrance, account: string): Promise<readonly string[]> {
  const [running, kept] = await Promise.all([
    system.askAll(`$SYS.REQ.ACCOUNT.${account}.INFO`),
    // Nobody answers for an account that nobody has.
    system.askAll(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, { firstMs: lookUpMs }),
  ]);
  const jwts = [...running.map(jwtIn), ...kept.map((jwt) => jwt.trim())];
  return [...new Set(jwts)].filter((jwt) => jwt !== undefined && jwt !== "") as string[];
}

/**
 * Gives the servers an account's JWT, and reads back that they have it.
 *
 * The issuer is checked here: a server stores a JWT of another operator, answers 200, and lets nobody in after its
 * next start.
 */
export async function push(home: Home, system: Entrance, jwt: string): Promise<void> {
  const { name, account } = readAccount(jwt);
  checkIssuer(home, jwt);
  const said = await system.ask("$SYS.REQ.CLAIMS.UPDATE", jwt);
  const refusal = refusalIn(said);
  if (refusal !== undefined) throw refused(name, refusal);
  for (const until = performance.now() + takesMs; ; ) {
    const held = await heldBy(system, account);
    if (held.length === 1 && held[0] === jwt) return noteHeld(home, jwt);
    // The other servers of a cluster hear it a moment later.
    if (performance.now() > until) throw refused(name, "it was taken, but cannot be read back");
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Writes down what the servers have: a home must tell what it recorded from what is in force. */
export function noteHeld(home: Home, jwt: string): void {
  const { name } = readAccount(jwt);
  if (notedHeld(home, name) !== jwt)
    writeWhole(home.layout.account(name).pushed, `${jwt}\n`, "all");
}

/** An account's JWT as the servers were last seen to have it; they may have had another from their folder since. */
export function notedHeld(home: Home, account: string): string | undefined {
  return readIfThere(home.layout.account(account).pushed)?.trim();
}

/** The JWT by which a server runs an account; undefined where it has not come to that account yet. */
function jwtIn(said: string): string | undefined {
  // Of a server of another kind, what it keeps has to do.
  return readJson(said, info)?.data?.jwt;
}

function refusalIn(said: string): string | undefined {
  const read = readJson(said, answer);
  // Of a server of another kind, what it says is all there is.
  if (read === undefined) return said.slice(0, 200);
  const { data, error } = read;
  return data?.code === 200 ? undefined : (error?.description ?? data?.message ?? said);
}

function refused(name: string, why: string): MeshError {
  return new MeshError(
    MeshCode.PermissionDenied,
    `the server refused the account ${name}: ${why}; does it trust this home's operator (its nats-server.conf)?`,
    { origin: "peer" },
  );
}
