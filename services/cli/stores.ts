import type { KeptStore, StoreOutlook, StoreView } from "@myelin/mesh/operate";
import { inboxOf } from "@myelin/subjects";
import type { HomeContext } from "./home.ts";
import { count } from "./table.ts";

/** Names in one line; a mesh of a thousand agents has more consumers than anybody reads. */
const mostNamed = 12;

/** From here on somebody should do something, of what `shareFull` says. */
export const nearlyFull = 0.8;

/** How full a stream is, from 0 to 1; undefined for what has no limit. */
export function shareFull({ bytes, maxBytes }: StoreView): number | undefined {
  return maxBytes > 0 ? bytes / maxBytes : undefined;
}

/** The same for people, such as `12 % of 256 MiB`; nothing for what has no limit. */
export function shownFullness(view: StoreView): string {
  const share = shareFull(view);
  if (share === undefined) return "";
  return `${Math.floor(share * 100)} % of ${Number((view.maxBytes / 1_048_576).toFixed(1))} MiB`;
}

/** What would be done to streams and consumers, a line for each kind of work. */
export function storeLines(outlooks: readonly StoreOutlook[]): readonly string[] {
  return outlooks.flatMap(({ workspace, plan }) => {
    const steps = plan?.steps ?? [];
    const made = steps.filter(({ does }) => does === "make").map(({ what }) => what);
    const changed = steps.filter(({ does }) => does === "change");
    return [
      ...(made.length === 0 ? [] : [`would make in ${workspace}: ${named(made)}`]),
      ...changed.map(({ what, differences }) => {
        const fields = differences.map(({ field }) => field).join(", ");
        return `would change in ${workspace}: ${what} (${fields})`;
      }),
    ];
  });
}

/** The same for scripts. */
export function shownStore({ workspace, plan, unseen }: StoreOutlook): object {
  const steps = plan?.steps ?? [];
  return {
    workspace,
    unseen,
    steps: steps.map(({ does, what, differences }) => ({ does, what, differences })),
    refusals: plan?.refusals ?? [],
    left: plan?.left ?? [],
  };
}

/** What stands against it, and what could not be looked at. */
export function warnOfStores(
  { terminal, palette }: HomeContext,
  outlooks: readonly StoreOutlook[],
): void {
  for (const { workspace, plan, unseen } of outlooks) {
    for (const refusal of plan?.refusals ?? []) terminal.err.write(`${palette.red(refusal)}\n`);
    if (unseen === undefined) continue;
    const warning = `the streams of ${workspace} could not be looked at: ${unseen}`;
    terminal.err.write(`${palette.yellow(warning)}\n`);
  }
}

/** What was done to streams and consumers. */
export function tellStores({ terminal, palette }: HomeContext, stores: readonly KeptStore[]): void {
  for (const { workspace, made, changed, left, failure } of stores) {
    const say = (line: string): void => void terminal.out.write(`${line}\n`);
    const complain = (line: string): void => void terminal.err.write(`${line}\n`);
    if (made.length > 0) say(`made in ${workspace}: ${named(made)}`);
    if (changed.length > 0) say(`changed in ${workspace}: ${named(changed)}`);
    for (const what of left) {
      const hint = `${workspace}: ${what} is in mesh.yaml no more; it stays until it is removed (nats consumer rm, as creds/${workspace}-store/keeper.creds with --inbox-prefix ${inboxOf("keeper")})`;
      complain(palette.dim(hint));
    }
    if (failure !== undefined) complain(palette.red(`error streams of ${workspace}: ${failure}`));
  }
}

function named(names: readonly string[]): string {
  const rest = names.length - mostNamed;
  if (rest <= 1) return names.join(", ");
  return `${names.slice(0, mostNamed).join(", ")} and ${count(rest, "other")} (--json names all)`;
}
