import { join, relative } from "node:path";
import { adminScope, type MeshPolicy } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { issueOperator, systemAccountName } from "../../identity/index.ts";
import { readMeshFile } from "../mesh-file/read.ts";
import { localNames } from "../tls/index.ts";
import { checkHosts } from "../tls/names.ts";
import { applyPlan } from "./apply.ts";
import { certifyClient, certifyServer, ensureAuthority, homeClient } from "./certificates.ts";
import { expiryIn, issueCredentials } from "./credentials.ts";
import { draftSystem } from "./draft.ts";
import { isThere, makeFolder, readIfThere, writeWhole } from "./files.ts";
import { type Home, homeAt } from "./home.ts";
import { KeyRing } from "./keys.ts";
import { locked } from "./lock.ts";
import { planApply } from "./plan.ts";
import { usualListen, writeServer } from "./server-config.ts";
import { starterMesh } from "./starter.ts";

/** What a home is made for. */
export interface InitOptions {
  /** Where it goes. */
  readonly folder: string;
  /** The text of mesh.yaml. Default: the one that is there, else one with `workspaces` and a single operator. */
  readonly mesh?: string;
  /** Workspaces of the mesh.yaml to begin with. Default: `main`. */
  readonly workspaces?: readonly string[] | undefined;
  /** Names and addresses of the servers, for their certificate; this machine's own are always in it. Default: none. */
  readonly hosts?: readonly string[] | undefined;
  /** Where the server listens. Default: 127.0.0.1:4222. */
  readonly listen?: string | undefined;
  /** Whether clients have to show a certificate too. Default: `none`. */
  readonly clientCertificates?: "none" | "required" | undefined;
  /** How long credentials last, in days. Default: 30. */
  readonly days?: number | undefined;
  /** Now. Default: the machine's time. */
  readonly now?: () => Date;
}

/** A home, and what of it was made now or had been there. */
export interface InitResult {
  readonly home: Home;
  readonly made: readonly InitStep[];
  readonly kept: readonly InitStep[];
}

/** One thing of a home, and the file by which it is known. */
export interface InitStep {
  readonly what: string;
  /** Within the home. */
  readonly path: string;
}

/** Makes the home of a mesh, or what is missing of it. No key and no file that is there is written again. */
export async function initHome(options: InitOptions): Promise<InitResult> {
  const home = homeAt(options.folder, options.now);
  const { layout } = home;
  const { listen, clientCertificates } = options;
  expiryIn(home, options.days);
  addressOf(listen ?? usualListen);
  if (options.hosts !== undefined) checkHosts("hosts", options.hosts);
  const text = options.mesh ?? readIfThere(layout.meshFile) ?? starterMesh(options.workspaces);
  // A broken mesh.yaml or a wrong host leaves no half-made home behind.
  const policy = readMeshFile(text, layout.meshFile);
  makeFolder(layout.folder);
  const made: InitStep[] = [];
  const kept: InitStep[] = [];
  const step = async (what: string, path: string, make: () => unknown): Promise<void> => {
    const isMade = isThere(path);
    if (!isMade) await make();
    (isMade ? kept : made).push({ what, path: relative(layout.folder, path) });
  };
  await locked(layout.lock, async () => {
    await step("certificate authority", layout.tls.ca, () => ensureAuthority(home));
    await step("server certificate", layout.tls.server, () =>
      certifyServer(home, { hosts: [...(options.hosts ?? []), ...localNames] }),
    );
    if (clientCertificates === "required") await certifyClient(home, homeClient);
    await step("what the mesh is", layout.meshFile, () => writeWhole(layout.meshFile, text, "all"));
    await step("operator and its keys", layout.operator.jwt, () => makeOperator(home));
  });
  await step("accounts and credentials", join(layout.applied, "0001.yaml"), async () => {
    await applyPlan(home, await planApply(home, policy, text), options);
  });
  const identity = { account: systemAccountName, name: "system", role: adminScope };
  await step("system credentials", layout.creds(systemAccountName).of("system"), () =>
    issueCredentials(home, identity, options),
  );
  await step("server configuration", join(layout.server, "nats-server.conf"), () =>
    writeServer(home, { listen, clientCertificates }),
  );
  await step("where to connect", layout.place, () => writePlace(home, options));
  return { home, made, kept };
}

/** The operator with its signing key, and the system account. The operator's JWT comes last: it makes a home a home. */
async function makeOperator(home: Home): Promise<void> {
  const { layout } = home;
  const ring = new KeyRing();
  const operator = ring.master(layout.operator.master, "operator", {
    what: "the operator's master seed",
    beside: layout.operator.signing,
  });
  const signer = ring.key(layout.operator.signing, "operator", "the operator's signing seed");
  const drafting = { home, policy: noPolicy, ring, signer, departed: [] };
  const system = await draftSystem(drafting);
  const jwt = await issueOperator({
    name: operatorName,
    operator,
    signing: signer.publicKey,
    systemAccount: system.publicKey,
  });
  ring.save();
  if (system.isChanged) writeWhole(layout.account(systemAccountName).jwt, `${system.jwt}\n`, "all");
  writeWhole(layout.operator.jwt, `${jwt}\n`, "all");
}

const operatorName = "myelin";
const noPolicy: MeshPolicy = Object.freeze({ version: 1, workspaces: {} });

/** Where the mesh is to be found, for programs that know the home only. */
function writePlace({ layout }: Home, { listen, hosts = [] }: InitOptions): void {
  const { host, port } = addressOf(listen ?? usualListen);
  // A server that listens everywhere is reached under a name of its certificate.
  const named = host === "0.0.0.0" || host === "[::]" ? (hosts[0] ?? "127.0.0.1") : host;
  writeWhole(layout.place, `${JSON.stringify({ url: `nats://${named}:${port}` })}\n`, "all");
}

function addressOf(listen: string): { readonly host: string; readonly port: string } {
  const [, host, port] = /^(\[[\da-f:]+\]|[^\s:]+):(\d{1,5})$/i.exec(listen) ?? [];
  if (host !== undefined && port !== undefined && Number(port) <= 65_535) return { host, port };
  throw new MeshError(
    MeshCode.InvalidArgument,
    `listen must be host:port such as 127.0.0.1:4222, got ${JSON.stringify(listen)}`,
  );
}
