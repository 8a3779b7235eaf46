import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer, Trust } from "../../identity/index.ts";
import { type CredentialsOption, Link, type TlsOptions, usualUrl } from "../../nats/index.ts";
import { type Clock, hexId, systemClock } from "../../pipeline/index.ts";
import { MeshMetrics } from "../../telemetry/index.ts";
import { Standing, type StandingParts } from "../standing.ts";

type Line = (fields: Readonly<Record<string, unknown>>, message?: string) => void;

/** Where keeper's log lines go; pino fits. */
export interface KeeperLogger {
  readonly info: Line;
  readonly warn: Line;
}

/** How keeper joins: under one name, in the workspace's account and in its store's. */
export interface KeepingOptions {
  /** A member of the role `keeper` in mesh.yaml. Default: `keeper`. */
  readonly name?: string;
  /** URLs of the NATS servers. Default: `nats://127.0.0.1:4222`. */
  readonly servers?: readonly string[];
  /** What to log in to the workspace with: a `.creds` file, its text, or a folder of `<name>.creds`. */
  readonly credentials: CredentialsOption;
  /** The same for the workspace's store. */
  readonly storeCredentials: CredentialsOption;
  /** Files of certificates. Default: as for `connect`. */
  readonly tls?: TlsOptions | false;
  /** What others' identities are judged by. Default: the operator whose JWT lies beside the credentials. */
  readonly trust?: Trust;
  /** How long to wait for a broker that is not there yet, in milliseconds. Default: 0. */
  readonly waitForBrokerMs?: number;
  readonly logger: KeeperLogger;
}

/** Where keeper speaks under its own name, as everybody in the workspace: what it moves, it moves from here. */
export interface WorkspaceSide extends StoreSide {
  readonly signer: () => Signer | undefined;
  readonly trust: Trust | undefined;
  /** The public key of the workspace's account. */
  readonly account: () => string | undefined;
}

/** Where the streams are, and nobody else logs in. */
export type StoreSide = Pick<Standing, "name" | "link" | "store" | "ask">;

/** What every duty of keeper works with. */
export interface Keeping extends AsyncDisposable {
  readonly name: string;
  /** Of this process. */
  readonly instance: string;
  readonly workspace: WorkspaceSide;
  readonly vault: StoreSide;
  readonly clock: Clock;
  readonly logger: KeeperLogger;
  readonly metrics: MeshMetrics;
  /** Whether both connections are there. */
  readonly isUp: boolean;
  /** Why not, in a line for people. */
  readonly whyDown: string | undefined;
}

/** Joins both accounts; throws `unavailable` when no server answers, `permission_denied` when it lets nobody in. */
export async function openKeeping(options: KeepingOptions): Promise<Keeping> {
  const { name = "keeper", logger } = options;
  const instance = hexId(8).slice(0, 10);
  const metrics = new MeshMetrics();
  const joined: Standing[] = [];
  const close = async (): Promise<void> => {
    for (const standing of joined) await standing.close();
  };
  try {
    const workspace = await join(options, { name, instance, metrics, account: "workspace" });
    joined.push(workspace);
    const vault = await join(options, { name, instance, metrics, account: "store" });
    joined.push(vault);
    checkPair(workspace, vault);
    return {
      ...{ name, instance, workspace, vault, clock: systemClock, logger, metrics },
      get isUp() {
        return workspace.link.isUp && vault.link.isUp;
      },
      get whyDown() {
        return workspace.link.whyDown ?? vault.link.whyDown;
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function join(
  { servers = [usualUrl], tls, trust, waitForBrokerMs = 0, logger, ...options }: KeepingOptions,
  as: Pick<StandingParts, "name" | "instance" | "metrics" | "account">,
): Promise<Standing> {
  const { name, instance, account } = as;
  const { credentials, storeCredentials } = options;
  const link = await Link.connect({
    ...{ servers, tls, waitForBrokerMs, name: `${name}/${instance}`, user: name },
    credentials: account === "store" ? storeCredentials : credentials,
    onTrouble: ({ code, message }) => logger.warn({ code }, `${account}: ${message}`),
    onNotice: ({ level, text }) => logger[level]({}, `${account}: ${text}`),
  });
  return Standing.start({ ...as, link, trust, clock: systemClock });
}

/** Given the same credentials twice it would look for streams where there are none. */
function checkPair(workspace: Standing, vault: Standing): void {
  if (workspace.account() !== vault.account()) return;
  const detail =
    "keeper.credentials and keeper.storeCredentials are of one account; give it those of the workspace, and those of its -store";
  throw new MeshError(MeshCode.InvalidArgument, detail);
}
