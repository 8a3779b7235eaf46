import { type Instance, Rank, type SkillSlot } from "./instance.ts";

/** What a full instance costs more: it is taken when those with room look four times as slow. */
const fullFactor = 4;

/** Which of an agent's instances takes the next attempt. Made anew only when one comes, goes or changes. */
export class Choice {
  readonly #random: () => number;
  /** Those of the best rank there is: a pick looks at no other. */
  #eligible: readonly Instance[] = [];
  /** Those that are full while others have room. */
  #full: readonly Instance[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whom to choose from now on. */
  renew(instances: Iterable<Instance>): void {
    const ranks: Instance[][] = [[], [], [], [], []];
    for (const instance of instances) ranks[instance.rank]?.push(instance);
    const best = ranks.findIndex((rank) => rank.length > 0);
    this.#eligible = best >= 0 && best !== Rank.Out ? (ranks[best] ?? []) : [];
    this.#full = best === Rank.Ready ? (ranks[Rank.Full] ?? []) : [];
  }

  /** The better of two at random; runs for each attempt, and makes no garbage. */
  pick(slot: SkillSlot): Instance | undefined {
    const best = this.#ofTwo(slot);
    const count = this.#full.length;
    if (count === 0 || best === undefined) return best;
    // A slow one that is alone in having room would otherwise get the calls of all.
    const full = this.#full[Math.floor(this.#random() * count)];
    return full !== undefined && full.cost(slot) * fullFactor < best.cost(slot) ? full : best;
  }

  #ofTwo(slot: SkillSlot): Instance | undefined {
    const eligible = this.#eligible;
    const count = eligible.length;
    if (count < 2) return eligible[0];
    // One random number gives both: its whole part the first, its rest the second.
    const drawn = this.#random() * count;
    const first = Math.floor(drawn);
    const second = Math.floor((drawn - first) * (count - 1));
    const one = eligible[first];
    const other = eligible[second < first ? second : second + 1];
    if (one === undefined || other === undefined) return one;
    return one.cost(slot) <= other.cost(slot) ? this.#eased(one, other) : this.#eased(other, one);
  }

  /** The better one, unless it is a newcomer that has had its share. */
  #eased(better: Instance, worse: Instance): Instance {
    const { warmth } = better;
    return warmth < worse.warmth && warmth < this.#random() ? worse : better;
  }
}

/** For a retry: the best of all that were not tried, a full one if it must be. */
export function bestUntried(
  instances: Iterable<Instance>,
  slot: SkillSlot,
  tried: readonly string[],
): Instance | undefined {
  let best: Instance | undefined;
  for (const instance of instances) {
    const { rank } = instance;
    if (rank === Rank.Out || tried.includes(instance.instance)) continue;
    if (best === undefined || rank < best.rank) best = instance;
    else if (rank === best.rank && instance.cost(slot) < best.cost(slot)) best = instance;
  }
  return best;
}
