import { type Metric, Registry } from "prom-client";
import type { ClientMeter, ServerMeter } from "./meters.ts";
import type { BreakerState, MeshMetrics } from "./metrics.ts";
import { addFollows } from "./prometheus-follows.ts";
import { addStreams } from "./prometheus-streams.ts";
import { addTasks } from "./prometheus-tasks.ts";
import {
  type Add,
  buckets,
  type Kind,
  type Labels,
  labelled,
  one,
  type Sample,
  tallied,
} from "./samples.ts";

/** A registry whose metrics read the plain fields when they are scraped. */
export function createRegistry(metrics: MeshMetrics): Registry {
  const registry = new Registry();
  const add = (
    type: Kind,
    name: string,
    help: string,
    read: (name: string) => Iterable<Sample>,
  ): void => {
    // prom-client's own classes keep a hash map of labels per metric; the registry asks for no more than this.
    registry.registerMetric(new FieldMetric(type, name, help, read) as unknown as Metric);
  };
  addClient(add, metrics);
  addServer(add, metrics);
  addTasks(add, metrics);
  addFollows(add, metrics);
  addStreams(add, metrics);
  addConnection(add, metrics);
  return registry;
}

/** What prom-client's registry needs of a metric. */
class FieldMetric {
  /** Not read-only: the registry renames counters when it writes OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: Kind;
  readonly aggregator = "sum";
  readonly #read: (name: string) => Iterable<Sample>;

  constructor(type: Kind, name: string, help: string, read: (name: string) => Iterable<Sample>) {
    this.type = type;
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: [...this.#read(name)] };
  }

  /** A running connection goes on counting; there is nothing to reset. */
  reset(): void {}
}

function addClient(add: Add, { clients }: MeshMetrics): void {
  const all = (): Iterable<ClientMeter> => clients.all();
  add("counter", "mesh_client_requests_total", "Calls that are over.", () =>
    one(all(), (meter) => meter.latency.count),
  );
  add("counter", "mesh_client_errors_total", "Calls that ended with an error, by code.", () =>
    tallied(all(), "code", (meter) => meter.errors),
  );
  add("counter", "mesh_client_retries_total", "Further attempts of calls.", () =>
    one(all(), (meter) => meter.retries),
  );
  add("counter", "mesh_client_attempts_total", "Attempts that are over.", () =>
    one(all(), (meter) => meter.attempts),
  );
  add("counter", "mesh_client_attempt_errors_total", "Attempts that failed, by code.", () =>
    tallied(all(), "code", (meter) => meter.attemptErrors),
  );
  add("gauge", "mesh_client_in_flight", "Calls under way.", () =>
    one(all(), (meter) => meter.inFlight),
  );
  add(
    "histogram",
    "mesh_client_request_duration_seconds",
    "How long calls took, retries and waits included; streams to their last frame.",
    (name) => buckets(name, all(), (meter) => meter.latency),
  );
}

function addServer(add: Add, { servers }: MeshMetrics): void {
  const all = (): Iterable<ServerMeter> => servers.all();
  add("counter", "mesh_server_requests_total", "Requests that are answered or refused.", () =>
    one(all(), (meter) => meter.latency.count),
  );
  add("counter", "mesh_server_errors_total", "Requests that ended with an error, by code.", () =>
    tallied(all(), "code", (meter) => meter.errors),
  );
  add("counter", "mesh_server_shed_total", "Requests refused for want of room, by reason.", () =>
    tallied(all(), "reason", (meter) => meter.sheds),
  );
  add("gauge", "mesh_server_in_flight", "Requests running or waiting.", () =>
    one(all(), (meter) => meter.inFlight),
  );
  add(
    "histogram",
    "mesh_server_request_duration_seconds",
    "How long requests took, waits included; streams to their last frame.",
    (name) => buckets(name, all(), (meter) => meter.latency),
  );
}

const breakerLevels: Readonly<Record<BreakerState, number>> = {
  closed: 0,
  "half-open": 1,
  open: 2,
};

function addConnection(add: Add, metrics: MeshMetrics): void {
  add("gauge", "mesh_client_breaker_state", "Breakers: 0 closed, 1 half open, 2 open.", () =>
    [...metrics.breakers].map(([key, { state }]) => ({
      value: breakerLevels[state],
      labels: keyLabels(key),
    })),
  );
  add("counter", "mesh_client_breaker_turns_total", "Changes of breakers, by new state.", () =>
    [...metrics.breakers].flatMap(([key, { turns }]) => [
      ...labelled(keyLabels(key), "state", turns),
    ]),
  );
  add(
    "counter",
    "mesh_client_late_replies_total",
    "Answers that nobody waited for any more.",
    () => [{ value: metrics.lateReplies, labels: {} }],
  );
  add("counter", "mesh_refused_messages_total", "Messages dropped or refused, by reason.", () =>
    labelled({}, "reason", metrics.refused),
  );
  add("counter", "mesh_records_total", "Copies of calls and answers, by what became of them.", () =>
    labelled({}, "fate", metrics.records),
  );
  add("counter", "mesh_reconnects_total", "Times the connection to the broker came back.", () => [
    { value: metrics.reconnects, labels: {} },
  ]);
  add(
    "gauge",
    "mesh_credentials_expiry_timestamp_seconds",
    "When credentials and certificates end, the first of each name, in unix seconds.",
    () => endings(metrics),
  );
}

/** Several connections under one name make one sample: the one that ends first. */
function endings(metrics: MeshMetrics): Iterable<Sample> {
  const first = new Map<string, Sample>();
  for (const { agent, read } of metrics.endings) {
    for (const { what, expiresAt } of read()) {
      const key = `${agent} ${what}`;
      const value = expiresAt.getTime() / 1_000;
      if (value < (first.get(key)?.value ?? Number.POSITIVE_INFINITY))
        first.set(key, { value, labels: { agent, what } });
    }
  }
  return first.values();
}

function keyLabels(key: string): Labels {
  const dot = key.indexOf(".");
  return { agent: key.slice(0, dot), skill: key.slice(dot + 1) };
}
