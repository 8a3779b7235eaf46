import type { KeeperLogger, KeepingOptions } from "@myelin/mesh/operate";
import { type Duties, duties } from "../../services/keeper/duties.ts";
import { type Keeper, startKeeper } from "../../services/keeper/keeper.ts";
import type { HomeMesh } from "./home-mesh.ts";

const silent: KeeperLogger = { info: () => {}, warn: () => {} };

/** What a keeper of this mesh is started with. */
export function keepingOptions(home: HomeMesh, logger = silent): KeepingOptions {
  const { servers, credentials, tls } = home.access("keeper");
  const storeCredentials = home.creds("keeper", "desk-store");
  return { name: "keeper", servers: [servers], credentials, storeCredentials, tls, logger };
}

/** A keeper in this process, as the program runs it. */
export function joinKeeper(
  home: HomeMesh,
  options: { readonly logger?: KeeperLogger; readonly duties?: Duties } = {},
): Promise<Keeper> {
  return startKeeper(keepingOptions(home, options.logger), options.duties ?? duties);
}

/** What one of keeper's gauges shows now, by its name and labels; undefined where it is not there. */
export async function shownBy({ metrics }: Keeper, gauge: string): Promise<number | undefined> {
  const lines = (await metrics.registry.metrics()).split("\n");
  const line = lines.find((one) => one.startsWith(`${gauge} `));
  return line === undefined ? undefined : Number(line.slice(gauge.length + 1));
}
