import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import type { EventReceipt, Publisher, PublishOptions } from "../durable/index.ts";
import { type Request, staysInside } from "../pipeline/index.ts";

/** Stores an event of the agent's own contract; resolves when whoever follows it will get it. */
export type Publish = <C extends Contract, Name extends keyof C["events"] & string>(
  contract: C,
  name: Name,
  data: z.input<C["events"][Name]["data"]>,
  options?: PublishOptions,
) => Promise<EventReceipt>;

/** Publishes from within a request: in its trace, and not at all from a replay that stays where it is. */
export function publishWithin(
  { trace, replay }: Request,
  parts: Pick<Publisher, "publish">,
): Publish {
  return async (contract, name, data, options) => {
    staysInside(replay, `publishing ${contract.name}.${name}`);
    return parts.publish({ contract, name, data, options, trace });
  };
}
