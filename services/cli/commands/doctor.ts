import { MeshCode, MeshError } from "@myelin/mesh";
import type { Observer } from "@myelin/mesh/operate";
import { nextAfter } from "../advice.ts";
import {
  type Check,
  checkAgents,
  checkLogin,
  checkNode,
  checkServer,
  newerServer,
} from "../checks.ts";
import { type Context, look, printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { fitted } from "../hints.ts";
import { findProgram, versionOf } from "../programs.ts";
import { readRoster } from "../roster.ts";
import { count } from "../table.ts";
import { plain } from "../terminal.ts";
import { libraryVersion } from "../version.ts";
import { checkStored } from "./doctor-stores.ts";

/** Checks what a mesh needs, one line each, with what to do about it. */
export async function doctor(context: Context): Promise<number> {
  const checks: Check[] = [];
  const tell = (...told: readonly Check[]): void => {
    const found = told.map((check) => placed(check, context));
    checks.push(...found);
    if (!context.json) for (const check of found) show(context, check);
  };
  tell(checkNode(process.versions.node));
  tell({ is: "ok", what: "library", found: libraryVersion() });
  tell(await checkProgram(context, "nats-server", "`myelin up` needs it; npm start fetches it"));
  tell(
    await checkProgram(context, "nats", "to look inside with `nats micro ls`; npm test fetches it"),
  );
  await checkMesh(context, tell);
  const failed = checks.filter(({ is }) => is === "fail").length;
  const warned = checks.filter(({ is }) => is === "warn").length;
  if (context.json) printJson(context, { ok: failed === 0, checks });
  else context.terminal.out.write(`\n${summary(failed, warned)}\n`);
  return failed === 0 ? Exit.ok : Exit.failed;
}

/** A check whose advice works for this mesh. */
function placed(check: Check, { where }: Context): Check {
  return check.next === undefined ? check : { ...check, next: fitted(check.next, where) };
}

async function checkMesh(context: Context, tell: (...found: Check[]) => void): Promise<void> {
  const where = `${context.place.servers.join(", ")} (from ${context.place.from})`;
  let observer: Observer;
  try {
    observer = await look(context);
  } catch (error) {
    const failure = MeshError.from(error);
    const next = nextAfter(failure, context) ?? "see --help";
    tell({ is: "fail", what: "server", found: failure.detail, next });
    return;
  }
  await using _closing = observer;
  tell({ is: "ok", what: "server", found: where });
  tell(checkLogin(observer.login, new Date()));
  tell(...(await seen(context, "server", async () => checkServer(await observer.server()))));
  tell(...(await seen(context, "agents", async () => checkAgents(await readRoster(observer)))));
  tell(...(await checkStored(context)));
}

/** What may not be looked at under this name is said, and keeps nothing else from being told. */
async function seen(
  context: Context,
  what: "server" | "agents",
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    const failure = MeshError.from(error);
    const isDenied = failure.code === MeshCode.PermissionDenied;
    const next = isDenied
      ? "look as an observer or operator: --as <name>"
      : (nextAfter(failure, context) ?? newerServer);
    return [{ is: "warn", what, found: failure.detail, next }];
  }
}

async function checkProgram(
  context: Context,
  name: "nats" | "nats-server",
  next: string,
): Promise<Check> {
  const path = findProgram(name, context.terminal);
  const version = path === undefined ? undefined : await versionOf(path);
  if (version === undefined) return { is: "warn", what: name, found: "not found", next };
  return { is: "ok", what: name, found: `${version} at ${path}` };
}

function show({ terminal, palette }: Context, { is, what, found, next }: Check): void {
  const paint = { ok: palette.green, warn: palette.yellow, fail: palette.red }[is];
  terminal.out.write(`${paint(is.padEnd(4))}  ${what.padEnd(12)}  ${plain(found)}\n`);
  if (next !== undefined) terminal.out.write(`${" ".repeat(20)}${palette.dim(next)}\n`);
}

function summary(failed: number, warned: number): string {
  if (failed > 0) return `${count(failed, "problem")}, ${count(warned, "warning")}`;
  return warned > 0 ? `works, with ${count(warned, "warning")}` : "all is well";
}
