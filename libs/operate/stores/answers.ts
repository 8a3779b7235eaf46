import { z } from "zod";
import { ErrCode } from "../../durable/index.ts";
import { MeshCode, MeshError, type Reason } from "../../errors/index.ts";

/** One page of a list of the streams' API. */
export interface Page<Item> {
  /** How many the whole list has. */
  readonly total: number;
  readonly items: readonly Item[] | null | undefined;
}

/** The whole of a list, page by page: `read` reads the one that begins there. */
export async function everyPage<Item>(
  read: (offset: number) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const found: Item[] = [];
  for (let total = 1; found.length < total; ) {
    const page = await read(found.length);
    const items = page.items ?? [];
    // Somebody takes some out meanwhile.
    if (items.length === 0) break;
    for (const item of items) found.push(item);
    total = page.total;
  }
  return found;
}

/** Of a cluster without a leader, of a server that is not ready, and of a stream without its servers. */
const downCodes: readonly number[] = [
  ErrCode.ClusterNotAvailable,
  ErrCode.ClusterNotLeader,
  ErrCode.StreamOffline,
];

const refusal = z.object({
  error: z.object({ description: z.string().default(""), err_code: z.number().default(0) }),
});

/** Whether the streams' API has refused. */
export function isRefused(said: unknown): boolean {
  return refusal.safeParse(said).success;
}

/** Why a stream cannot be looked at, by what the streams' API said, and what to do. */
export function unseen(stream: string, said: unknown): MeshError {
  const { description, err_code = 0 } = refusal.safeParse(said).data?.error ?? {};
  const why = description ?? "no answer of a streams' API";
  const down = whyDown(err_code);
  const reason: Reason = down === undefined ? "no_stream" : "servers_down";
  const detail = `${stream} cannot be looked at: ${why}; ${down ?? "`myelin apply` makes it"}`;
  return new MeshError(MeshCode.Unavailable, detail, { origin: "peer", reason });
}

/** What stands in the way where servers are down: what is there cannot be told now, and nothing is to be made. */
export function whyDown(errCode: number): string | undefined {
  if (!downCodes.includes(errCode)) return undefined;
  return "servers that keep it are down, or too few are up to agree: start them";
}
