import { dayMs } from "@myelin/subjects";
import type { Secrets } from "./secrets.ts";

/** When what a link logs in with begins and ends. */
export interface Lifetime {
  readonly what: "credentials" | "certificate";
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Longest that a timer of Node can wait, in milliseconds. */
const longestMs = 2_147_483_647;

/**
 * The moments that are worth a warning, in milliseconds since the epoch: a third and a tenth of the lifetime before
 * the end, each of the last three days, and the end itself.
 */
export function warningsOf({ issuedAt, expiresAt }: Omit<Lifetime, "what">): readonly number[] {
  const end = expiresAt.getTime();
  const lifetimeMs = end - issuedAt.getTime();
  return [lifetimeMs / 3, lifetimeMs / 10, 3 * dayMs, 2 * dayMs, dayMs, 0]
    .filter((leftMs) => leftMs <= lifetimeMs / 3)
    .map((leftMs) => end - leftMs)
    .sort((one, other) => one - other);
}

/** Warns before credentials or a certificate end, and when they have. */
export class Expiry {
  readonly #user: string;
  readonly #warn: (text: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(user: string, warn: (text: string) => void) {
    this.#user = user;
    this.#warn = warn;
  }

  /** From now on it is these that are watched; one whose first warning is due is told of at once. */
  follow(lifetimes: readonly Lifetime[]): void {
    this.stop();
    for (const lifetime of lifetimes) {
      const [first = 0] = warningsOf(lifetime);
      if (first <= Date.now()) this.#warn(saying(this.#user, lifetime));
      this.#arm(lifetime);
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #arm(lifetime: Lifetime): void {
    const due = warningsOf(lifetime).find((moment) => moment > Date.now());
    if (due === undefined) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (Date.now() >= due) this.#warn(saying(this.#user, lifetime));
        this.#arm(lifetime);
      },
      Math.min(longestMs, due - Date.now()),
    );
    timer.unref();
    this.#timers.add(timer);
  }
}

/** What of these secrets ends. */
export function lifetimesOf({ credentials, pems }: Secrets): readonly Lifetime[] {
  return [
    ...lifetime("credentials", credentials?.issuedAt, credentials?.expiresAt),
    ...lifetime("certificate", pems?.issuedAt, pems?.expiresAt),
  ];
}

function lifetime(
  what: Lifetime["what"],
  issuedAt: Date | undefined,
  expiresAt: Date | undefined,
): readonly Lifetime[] {
  return issuedAt === undefined || expiresAt === undefined ? [] : [{ what, issuedAt, expiresAt }];
}

function saying(user: string, { what, expiresAt }: Lifetime): string {
  const whose = `the ${what} of ${user}`;
  const leftMs = expiresAt.getTime() - Date.now();
  const at = expiresAt.toISOString();
  if (leftMs <= 0) return `${whose} expired at ${at}`;
  return `${whose} will expire in ${lengthOf(leftMs)}, at ${at}`;
}

function lengthOf(ms: number): string {
  for (const [name, unitMs] of [
    ["days", dayMs],
    ["hours", 3_600_000],
    ["minutes", 60_000],
  ] as const) {
    if (ms >= 2 * unitMs) return `${Math.floor(ms / unitMs)} ${name}`;
  }
  return `${Math.ceil(ms / 1_000)} seconds`;
}
