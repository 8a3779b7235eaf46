import type { BreakerConfig, BreakerOptions } from "../call/breaker-options.ts";
import { resolveBreaker } from "../call/breaker-options.ts";
import { type LimiterConfig, type LimiterOptions, resolveLimiter } from "../call/limiter.ts";
import { type RetryConfig, type RetryOptions, resolveRetry } from "../call/retry-options.ts";
import { maxDeadlineMs, token } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Trust } from "../identity/index.ts";
import {
  type CredentialsOption,
  type NatsOptions,
  type TlsOptions,
  usualUrl,
} from "../nats/index.ts";
import { type Clock, checkNumbers, systemClock } from "../pipeline/index.ts";
import { type AccessRecord, MeshMetrics } from "../telemetry/index.ts";
import { type Logger, silent } from "./logger.ts";

/** How a program joins the mesh. */
export interface ConnectOptions {
  /** Under which name: an agent's, or a person's or service's that only calls. */
  readonly name: string;
  /** URLs of the NATS servers, the same cluster. Default: `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
  /** A `.creds` file (watched: others are taken up without a restart), its text, or a folder of `<name>.creds`. */
  readonly credentials?: CredentialsOption;
  /**
   * Files of certificates (watched). False allows plain text to servers on other machines.
   * Default: TLS with them where there are credentials, trusting whom Node trusts.
   */
  readonly tls?: TlsOptions | false;
  /** What others' identities are judged by. Default: the operator whose JWT lies beside the credentials. */
  readonly trust?: Trust;
  /** Where `ctx.log` and the mesh's own warnings go; pino fits. Default: nowhere. */
  readonly logger?: Logger;
  /** Hears of each request that was served, with its trace id. Default: nobody. */
  readonly onAccess?: (record: AccessRecord) => void;
  /** Makes a handler's span OpenTelemetry's active one, for libraries that look for it. Default: false. */
  readonly activatesSpans?: boolean;
  /** Counts; several connections of one program may share one. Default: its own. */
  readonly metrics?: MeshMetrics;
  readonly retry?: RetryOptions;
  readonly breaker?: BreakerOptions;
  readonly limit?: LimiterOptions;
  /** How long to wait for a broker that is not there yet, in milliseconds. Default: 0, fail at once. */
  readonly waitForBrokerMs?: number;
  /** What else the NATS client takes: timeouts, another login than `credentials`. */
  readonly nats?: NatsOptions;
  /** Time, for tests. Default: the machine's. */
  readonly clock?: Clock;
  /** Numbers from 0 up to 1, for tests. Default: Math.random. */
  readonly random?: () => number;
}

/** ConnectOptions with every default filled in and every value checked. */
export interface ConnectConfig {
  readonly name: string;
  readonly servers: readonly string[];
  readonly credentials: CredentialsOption | undefined;
  readonly tls: TlsOptions | false | undefined;
  readonly trust: Trust | undefined;
  readonly logger: Logger;
  readonly onAccess: ((record: AccessRecord) => void) | undefined;
  readonly activatesSpans: boolean;
  readonly metrics: MeshMetrics;
  readonly retry: RetryConfig;
  readonly breaker: BreakerConfig;
  readonly limit: LimiterConfig;
  readonly waitForBrokerMs: number;
  readonly nats: NatsOptions;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Fills in and checks the options, once, at start. */
export function resolveConnect(options: ConnectOptions): ConnectConfig {
  return Object.freeze({
    name: token("connect.name", options.name),
    servers: servers(options.servers ?? usualUrl),
    credentials: options.credentials,
    tls: options.tls,
    trust: options.trust,
    logger: options.logger ?? silent,
    onAccess: options.onAccess,
    activatesSpans: options.activatesSpans ?? false,
    metrics: options.metrics ?? new MeshMetrics(),
    retry: resolveRetry(options.retry),
    breaker: resolveBreaker(options.breaker),
    limit: resolveLimiter(options.limit),
    ...checkNumbers(
      "connect",
      { waitForBrokerMs: options.waitForBrokerMs ?? 0 },
      { waitForBrokerMs: { min: 0, max: maxDeadlineMs, whole: false } },
    ),
    nats: options.nats ?? {},
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  });
}

function servers(given: string | readonly string[]): readonly string[] {
  const list = typeof given === "string" ? given.split(",") : Array.isArray(given) ? given : [];
  const urls = list.map((url) => String(url).trim()).filter((url) => url !== "");
  if (urls.length > 0) return urls;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `connect.servers must be one or more URLs such as nats://127.0.0.1:4222, got ${JSON.stringify(given)}`,
  );
}
