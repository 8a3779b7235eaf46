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
