import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MeshCode, MeshError } from "@myelin/mesh";
import {
  addIdentity,
  applyPlan,
  certifyServer,
  enterStore,
  type Home,
  type IdentityView,
  identities,
  initHome,
  isEmpty,
  isRevoked,
  type Plan,
  planApply,
  readMeshFile,
  renewAll,
  writeServer,
} from "@myelin/mesh/operate";
import { dayMs, guestScope, storeAccountName } from "@myelin/subjects";
import { type Address, host } from "../processes/port.ts";

/** What a program needs to join: its own credentials, and whom to trust as a server. */
export interface Pass {
  readonly credentials: string;
  readonly caFile: string;
}

const meshFile = fileURLToPath(new URL("../mesh.yaml", import.meta.url));
const workspace = "desk";

/** What a mesh of agents asks of a server, beside what keeps it secure. */
const serverLines = `max_payload: 1MB
max_pending: 64MB
ping_interval: "20s"
ping_max: 2`;

/** The folder with the mesh's identities, made on the first run and used again on every other. */
export class DeskHome {
  readonly folder: string;
  readonly #home: Home;

  private constructor(home: Home) {
    this.folder = home.folder;
    this.#home = home;
  }

  /** Makes what is missing, grants what the desk's mesh.yaml says, and renews what expires within days. */
  static async prepare(folder: string): Promise<DeskHome> {
    const text = await readFile(meshFile, "utf8");
    const { home } = await initHome({ folder, mesh: text });
    const plan = await planDesk(home);
    if (!isEmpty(plan)) {
      await applyPlan(home, plan);
      await writeFile(home.layout.meshFile, text);
    }
    await keepValid(home);
    return new DeskHome(home);
  }

  /** Writes a server's configuration; the answer is its path. Two servers never share a folder. */
  configure({ port, isUsual }: Address): string {
    const folder = this.#serverFolder({ port, isUsual });
    return writeServer(this.#home, { listen: `${host}:${port}`, folder, extra: serverLines });
  }

  /** What a server on a port of chance leaves behind, nobody looks for again. */
  async forget(address: Address): Promise<void> {
    if (address.isUsual) return;
    await rm(this.#serverFolder(address), { recursive: true, force: true });
  }

  /** Gives a running server what it does not have, streams above all; throws what it cannot be given. */
  async publish(url: string): Promise<void> {
    const plan = await planDesk(this.#home);
    const { stores, unpublished } = await applyPlan(this.#home, plan, {
      reach: { servers: [url] },
    });
    const failure = stores.map((store) => store.failure).find((why) => why !== undefined);
    const why = failure ?? unpublished;
    if (why !== undefined) throw new MeshError(MeshCode.Unavailable, `the streams: ${why}`);
  }

  /** The way to where the streams are, for the one who keeps the home. */
  enterStore(url: string): ReturnType<typeof enterStore> {
    return enterStore(this.#home, workspace, { servers: [url] });
  }

  /** The pass of one name, and of nobody else. */
  pass(name: string): Pass {
    const { creds, tls } = this.#home.layout;
    return { credentials: creds(workspace).of(name), caFile: tls.ca };
  }

  #serverFolder({ port, isUsual }: Address): string {
    return isUsual ? this.#home.layout.server : join(this.folder, `server-${port}`);
  }
}

async function planDesk(home: Home): Promise<Plan> {
  const text = await readFile(meshFile, "utf8");
  return planApply(home, readMeshFile(text, meshFile), text);
}

/** A run never fails for what the one before left: what ends soon is renewed, what was revoked or lost is issued anew. */
async function keepValid(home: Home): Promise<void> {
  const isGone = (view: IdentityView) => isRevoked(view) || !existsSync(view.path);
  const isOurs = ({ account, role, state }: IdentityView) =>
    [workspace, storeAccountName(workspace)].includes(account) &&
    role !== guestScope &&
    state !== "left";
  const gone = identities(home).filter((view) => isOurs(view) && isGone(view));
  // Who logs in at both places is issued both at once.
  for (const name of new Set(gone.map((view) => view.name))) {
    await addIdentity(home, { name, workspace });
  }
  const isEnding = ({ state }: IdentityView) => state === "expiring" || state === "expired";
  if (identities(home).some(isEnding)) await renewAll(home);
  const { validTo } = new X509Certificate(await readFile(home.layout.tls.server));
  if (new Date(validTo).getTime() < Date.now() + weekMs) await certifyServer(home);
}

const weekMs = 7 * dayMs;
