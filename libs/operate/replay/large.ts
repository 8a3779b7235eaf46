import { ContentType } from "@myelin/subjects";
import { Claims, type StoreAccess } from "../../durable/index.ts";
import type { Link } from "../../nats/index.ts";
import { systemClock } from "../../pipeline/index.ts";
import { readClaim } from "../../wire/index.ts";
import type { Recorded } from "./recorded.ts";

/** Payloads that were too large for their message, for who replays them: each is kept for one reader, while it lasts. */
export class LargeRecorded {
  readonly #claims: Claims;

  constructor(parts: { readonly name: string; readonly link: Link; readonly store: StoreAccess }) {
    this.#claims = new Claims({ ...parts, clock: systemClock });
  }

  /** Lets another agent read it; the copy lies under the name of who replays. */
  async lend(recorded: Recorded, reader: string, lifeMs: number): Promise<void> {
    if (recorded.contentType !== ContentType.claim) return;
    const { caller: owner, agent } = recorded;
    const claim = readClaim(recorded.payload);
    await this.#claims.copy(claim, { owner, reader: agent }, { reader, lifeMs });
  }

  /** The same with its own payload in place of the claim. */
  async opened(recorded: Recorded): Promise<Recorded> {
    if (recorded.contentType !== ContentType.claim) return recorded;
    const { caller, agent } = recorded;
    const claim = readClaim(recorded.payload);
    const payload = await this.#claims.fetch(claim, caller, undefined, agent);
    return { ...recorded, payload, contentType: claim.contentType };
  }
}
