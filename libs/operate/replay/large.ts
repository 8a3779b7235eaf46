import { ContentType } from "@myelin/subjects";
import { Claims, type StoreAccess, stopOf } from "../../durable/index.ts";
import type { Link } from "../../nats/index.ts";
import { type KeptPayload, systemClock } from "../../pipeline/index.ts";
import { readClaim } from "../../wire/index.ts";
import type { Recorded } from "./recorded.ts";

/** Payloads that were too large for their message, for who replays them: each is kept for one reader, while it lasts. */
export class LargeRecorded {
  readonly #claims: Claims;

  constructor(parts: { readonly name: string; readonly link: Link; readonly store: StoreAccess }) {
    this.#claims = new Claims({ ...parts, clock: systemClock });
  }

  /** Lets another agent read it; the copy lies under the name of who replays. */
  async lend(recorded: Recorded, { reader, lifeMs, signal }: Lending): Promise<void> {
    if (recorded.contentType !== ContentType.claim) return;
    const stop = stopOf(signal, `the copy of a payload for ${reader}`);
    await this.#claims.copy(keptOf(recorded), { reader, lifeMs, signal: stop });
  }

  /** The same with its own payload in place of the claim. */
  async opened(recorded: Recorded, signal: AbortSignal): Promise<Recorded> {
    if (recorded.contentType !== ContentType.claim) return recorded;
    const kept = keptOf(recorded);
    const stop = stopOf(signal, `a payload of ${recorded.caller}`);
    const payload = await this.#claims.fetch(kept, stop);
    return { ...recorded, payload, contentType: kept.claim.contentType };
  }
}

/** To whom a payload is lent, and for how long. */
export interface Lending {
  readonly reader: string;
  readonly lifeMs: number;
  readonly signal: AbortSignal;
}

function keptOf({ payload, caller: owner, agent: reader }: Recorded): Required<KeptPayload> {
  return { claim: readClaim(payload), owner, reader };
}
