import type { Signer } from "../../identity/index.ts";
import type { Link } from "../../nats/index.ts";
import type { Clock, Serve, Wheel } from "../../pipeline/index.ts";
import type { Alone } from "../attempts/alone.ts";
import type { StoreAccess } from "../stored/store.ts";
import type { FollowConfig } from "./event-options.ts";
import type { EventWork } from "./event-work.ts";
import type { EventIds, Seen } from "./seen.ts";
import type { EventCheck } from "./verifying-events.ts";

/** What every attempt of one durable subscription shares. */
export interface FollowParts {
  readonly agent: string;
  /** The name of the subscription. */
  readonly follow: string;
  readonly instance: string;
  readonly config: FollowConfig;
  /** What is handled, by subject. */
  readonly works: ReadonlyMap<string, EventWork>;
  /** The serving stack with the handlers in it. */
  readonly serve: Serve;
  readonly link: Link;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly random: () => number;
  readonly signer: () => Signer | undefined;
  /** Absent where there is no operator to trust. */
  readonly verify: EventCheck | undefined;
  readonly warn: (detail: string) => void;
  /** Where those wait for each other that their followers may die of. */
  readonly alone: Alone;
  /** How often the server delivers an event. */
  readonly mostDeliveries: () => number;
  /** What was handled here. */
  readonly seen: Seen;
  /** What is being handled here. */
  readonly inHand: EventIds;
  /** Whether a subject without a handler comes only because a wildcard of mesh.yaml covers it. */
  readonly isBeside: (subject: string) => Promise<boolean>;
}
