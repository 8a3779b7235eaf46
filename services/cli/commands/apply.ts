import { isMeshError, MeshCode, MeshError } from "@myelin/mesh";
import {
  type Applied,
  appliedText,
  applyPlan,
  didNothing,
  type Home,
  lookAtStores,
  type Plan,
  type PolicyChange,
  planApply,
  readMeshFile,
  type StoreOutlook,
  unpushed,
} from "@myelin/mesh/operate";
import { printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { fitted } from "../hints.ts";
import { type HomeContext, lasting, open, reach, shown } from "../home.ts";
import { ifGiven, wholeNumber } from "../input.ts";
import { changesBy, type ReadMesh, readMesh, showChanges } from "../mesh-file.ts";
import { shownStore, storeLines, tellStores, warnOfStores } from "../stores.ts";
import { count } from "../table.ts";

/** What `apply` takes. */
export interface ApplyCommandOptions {
  readonly dryRun?: string | boolean;
  readonly version?: string;
  readonly offline?: string | boolean;
  readonly days?: string;
}

/** Makes the mesh what mesh.yaml says: shows what changes, then does it in one step. */
export async function apply(
  context: HomeContext,
  file: string | undefined,
  options: ApplyCommandOptions,
): Promise<number> {
  const home = open(context);
  const again = ifGiven(options.version, "--version", wholeNumber);
  const mesh = again === undefined ? readMesh(context, file) : readVersion(home, again);
  const changes = changesBy(home, mesh.policy);
  const plan = await planApply(home, mesh.policy, mesh.text);
  if (!context.json) showChanges(context, changes);
  if (options.dryRun !== undefined) {
    if (options.offline !== undefined)
      return tellPlan(context, plan, { changes, ...unasked(plan) });
    const stores = await lookAtStores(home, mesh.policy, reach(context));
    const accounts = await unpushed(home, plan.accounts, reach(context));
    return tellPlan(context, plan, { changes, stores, accounts });
  }
  const where = options.offline === undefined ? reach(context) : undefined;
  const applied = await explained(
    context,
    applyPlan(home, plan, { reach: where, again, ...lasting(options) }),
  );
  if (context.json) printJson(context, { ...applied, changes });
  else {
    tell(context, applied, { isOffline: options.offline !== undefined });
    warnOfReplaced(context, applied);
    warnOfOther(context, home);
  }
  return hasFailed(applied) ? Exit.failed : Exit.ok;
}

/** Whether streams could not be made. */
function hasFailed({ stores }: Applied): boolean {
  return stores.some(({ failure }) => failure !== undefined);
}

/** Two homes of one mesh undo each other's work. */
function warnOfReplaced({ terminal, palette }: HomeContext, { replaced }: Applied): void {
  if (replaced.length === 0) return;
  const warning = `what the servers had of ${replaced.join(", ")} is not what this home had given them, and is replaced; where another home keeps this mesh, apply there`;
  terminal.err.write(`${palette.yellow(warning)}\n`);
}

/** The next plain `apply` would undo what came from another file, or from an older version. */
function warnOfOther(context: HomeContext, home: Home): void {
  const { path, policy } = readMesh(context, undefined);
  if (changesBy(home, policy).length === 0) return;
  const file = shown(context, path);
  const warning = `${file} says otherwise, and the next apply goes by it: \`myelin diff\` shows how`;
  context.terminal.err.write(`${context.palette.yellow(fitted(warning, context.where))}\n`);
}

function readVersion(home: Home, version: number): ReadMesh {
  const text = appliedText(home, version);
  const path = `version ${version}`;
  return { path, text, policy: readMeshFile(text, path) };
}

/** A server that cannot be reached is no dead end for who keeps the home. */
async function explained<T>(context: HomeContext, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isMeshError(error, MeshCode.Unavailable)) throw error;
    const servers = reach(context).servers.join(", ");
    const where = context.from === undefined ? servers : `${servers}, from ${context.from}`;
    throw new MeshError(
      MeshCode.Unavailable,
      `${error.what} (${where}); nothing was applied. ` +
        "--offline writes into the server's folder, for its next start",
      { cause: error },
    );
  }
}

interface Outlook {
  readonly changes: readonly PolicyChange[];
  readonly stores: readonly StoreOutlook[];
  /** Those that the servers would get. */
  readonly accounts: readonly string[];
}

/** What is known where no server is asked. */
function unasked({ accounts }: Plan): Omit<Outlook, "changes"> {
  return { stores: [], accounts: accounts.flatMap((one) => (one.isChanged ? [one.name] : [])) };
}

function tellPlan(context: HomeContext, plan: Plan, outlook: Outlook): number {
  const { changes, stores, accounts } = outlook;
  const credentials = plan.credentials.map(({ account, name, role }) => ({ account, name, role }));
  const departed = namesOf(plan);
  const refused = stores.flatMap((store) => store.plan?.refusals ?? []);
  const exit = refused.length === 0 ? Exit.ok : Exit.usage;
  if (context.json) {
    const shownPlan = { dryRun: true, changes, accounts, credentials, departed };
    printJson(context, { ...shownPlan, stores: stores.map(shownStore) });
    return exit;
  }
  const say = (line: string): void => void context.terminal.out.write(`${line}\n`);
  const lines = storeLines(stores);
  const many = accounts.length + credentials.length + departed.length + lines.length;
  if (many + refused.length === 0) say("nothing to do");
  if (accounts.length > 0) say(`would push ${accounts.join(", ")}`);
  for (const { account, name } of credentials) say(`would issue credentials ${account}/${name}`);
  for (const { account, name } of departed) say(`would revoke ${account}/${name}`);
  for (const line of lines) say(line);
  warnOfStores(context, stores);
  return exit;
}

/** Who leaves, once each: a name departs with every key it had. */
function namesOf({ departed }: Plan): { readonly account: string; readonly name: string }[] {
  const places = departed.map(({ account, name }) => [`${account}/${name}`, { account, name }]);
  return Object.values(Object.fromEntries(places));
}

function tell(
  context: HomeContext,
  applied: Applied,
  { isOffline }: { readonly isOffline: boolean },
): void {
  const { terminal, palette } = context;
  const say = (line: string): void => void terminal.out.write(`${line}\n`);
  const { version, accounts, credentials, departed, published, unpublished } = applied;
  if (didNothing(applied)) say("nothing to do");
  const verb = isOffline ? "written for the server's next start" : "pushed";
  if (accounts.length > 0) say(`${verb}: ${accounts.join(", ")}`);
  for (const { name, path } of credentials) say(`credentials of ${name}: ${shown(context, path)}`);
  if (departed.length > 0) say(`shut out: ${departed.join(", ")}`);
  if (published > 0) say(`published as configuration: ${count(published, "account")}`);
  tellStores(context, applied.stores);
  if (version !== undefined) say(`applied as version ${version}`);
  // Without streams there is nothing to publish it in: that is said already.
  if (unpublished !== undefined && !hasFailed(applied)) {
    const warning = `the accounts could not be published as configuration: ${unpublished}; apply again when that is mended`;
    terminal.err.write(`${palette.yellow(warning)}\n`);
  }
}
