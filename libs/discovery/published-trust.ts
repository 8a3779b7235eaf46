import { configSubject, Store, storeApi } from "@myelin/subjects";
import { readAccount, type Trust } from "../identity/index.ts";
import type { Inbound, Link, Listening } from "../nats/index.ts";
import type { Clock } from "../pipeline/index.ts";
import { statusOf } from "../wire/index.ts";
import type { Ask } from "./interest.ts";

/** What published trust stands on. */
export interface PublishedTrustParts {
  readonly link: Pick<Link, "subscribe" | "isUp">;
  readonly clock: Clock;
  readonly ask: Ask;
  /** Public keys of the operator that is trusted. */
  readonly operatorKeys: readonly string[];
}

/** How long an answer is waited for, in milliseconds: where there is no store, nobody says so. */
const askMs = 1_000;
/** How long what the store said is believed to be the newest: a JWT, or that it has none, in milliseconds. */
const freshMs = 60_000;
const absentMs = 30_000;
/** How soon it is asked again where it said nothing: a server that is restarted or stalls is no answer. */
const silentMs = 500;
/** Least time between two questions for one account: anybody may make a hint, in milliseconds. */
const leastGapMs = 250;
/** So long after a hint what is found unchanged is asked again: a hint comes before the store, or a copy of it, shows it. */
const settledMs = 2_000;
const mostAccounts = 64;

interface Known {
  jwt: string | undefined;
  /** How long what is known is left alone. */
  keptMs: number;
  issuedAt: number;
  askedAt: number;
  /** Hints that it has changed, when the last one came, and how many there were when the store had answered them. */
  hints: number;
  hintedAt: number;
  seenHints: number;
  asking: Promise<void> | undefined;
}

/**
 * The JWTs of accounts as `apply` publishes them in the workspace's store.
 *
 * Read when first needed, and again when the store says that one has changed, or after a minute. What is told is a
 * hint only, since others can put a message there: the truth is read from the store, and proves itself. An older JWT
 * never takes the place of a newer one.
 */
export class PublishedTrust implements Trust {
  readonly operatorKeys: readonly string[];
  readonly #parts: PublishedTrustParts;
  readonly #accounts = new Map<string, Known>();
  #listening: Listening | undefined;

  constructor(parts: PublishedTrustParts) {
    this.operatorKeys = parts.operatorKeys;
    this.#parts = parts;
  }

  async accountJwt(account: string): Promise<string | undefined> {
    const known = this.#accounts.get(account) ?? this.#begin(account);
    const ageMs = this.#parts.clock.now() - known.askedAt;
    const isOld = ageMs > known.keptMs;
    const hasChanged = known.hints !== known.seenHints;
    if (hasChanged ? ageMs > leastGapMs : isOld) known.asking ??= this.#refresh(account, known);
    // One that is only old serves until the next is there; one that is said to have changed does not.
    if (known.jwt === undefined || hasChanged) await known.asking;
    return known.jwt;
  }

  /** Listens no more. */
  stop(): void {
    void this.#listening?.stop();
  }

  #begin(account: string): Known {
    this.#listening ??= this.#parts.link.subscribe(configSubject("account.*"), ({ subject }) => {
      const changed = this.#accounts.get(subject.slice(subject.lastIndexOf(".") + 1));
      if (changed === undefined) return;
      changed.hints++;
      changed.hintedAt = this.#parts.clock.now();
    });
    if (this.#accounts.size >= mostAccounts) this.#makeRoom();
    const known: Known = {
      jwt: undefined,
      keptMs: 0,
      issuedAt: 0,
      askedAt: Number.NEGATIVE_INFINITY,
      hints: 0,
      hintedAt: 0,
      seenHints: 0,
      asking: undefined,
    };
    this.#accounts.set(account, known);
    return known;
  }

  /** Those that nobody publishes go first: others can name as many of them as they like. */
  #makeRoom(): void {
    const [first] = this.#accounts.keys();
    const absent = [...this.#accounts].find(([, { jwt }]) => jwt === undefined);
    this.#accounts.delete(absent?.[0] ?? first ?? "");
  }

  async #refresh(account: string, known: Known): Promise<void> {
    known.askedAt = this.#parts.clock.now();
    const { hints } = known;
    const said = await this.#read(account);
    known.asking = undefined;
    known.keptMs = said.is === "silent" ? silentMs : said.is === "absent" ? absentMs : freshMs;
    if (said.is === "silent") return;
    const jwt = said.is === "published" ? said.jwt : undefined;
    const issuedAt = jwt === undefined ? undefined : this.#issuedAt(account, jwt);
    const isNewer = issuedAt !== undefined && issuedAt > known.issuedAt;
    const isSettled = this.#parts.clock.now() - known.hintedAt > settledMs;
    if (isNewer || isSettled) known.seenHints = hints;
    if (jwt === undefined || issuedAt === undefined || issuedAt < known.issuedAt) return;
    known.jwt = jwt;
    known.issuedAt = issuedAt;
  }

  /** When it was issued; undefined for one of another account, or of an operator that is not trusted. */
  #issuedAt(account: string, jwt: string): number | undefined {
    try {
      const claims = readAccount(jwt);
      const isTrusted = claims.account === account && this.operatorKeys.includes(claims.issuedBy);
      return isTrusted ? claims.issuedAt.getTime() : undefined;
    } catch {
      // What is no JWT is as good as nothing.
      return undefined;
    }
  }

  #read(account: string): Promise<Said> {
    const { ask, clock } = this.#parts;
    const subject = storeApi.last(Store.config, configSubject(`account.${account}`));
    return new Promise((resolve) => {
      const done = (said: Said): void => {
        cancel();
        end();
        resolve(said);
      };
      let end = (): void => {};
      const cancel = clock.schedule(askMs, () => done({ is: "silent" }));
      try {
        end = ask(subject, (message) => done(saidIn(message)));
      } catch {
        // The link is down: it is asked again when somebody needs it.
        done({ is: "silent" });
      }
    });
  }
}

/** What the store says of an account. */
type Said =
  | { readonly is: "published"; readonly jwt: string }
  | { readonly is: "absent" }
  | { readonly is: "silent" };

const notFound = 404;

/** Any status but "no such message" is no answer: nobody listens while the store is restarted. */
function saidIn({ head, payload }: Inbound): Said {
  const status = statusOf(head);
  if (status === notFound || (status === 0 && payload.length === 0)) return { is: "absent" };
  if (status !== 0) return { is: "silent" };
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return { is: "published", jwt: bytes.toString("latin1").trim() };
}
