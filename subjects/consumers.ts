import { priorities } from "./durable.ts";
import { takesTasks } from "./permissions.ts";
import type { AgentPolicy, Follow, WorkspacePolicy } from "./policy.ts";
import { heardEvents } from "./rights.ts";
import { followConsumer, type StoreName, taskConsumer } from "./stores.ts";
import { parseEventTarget } from "./targets.ts";

/** What a consumer is: pulled from, in the words of NATS's own API. */
export interface ConsumerShape {
  readonly stream: StoreName;
  readonly durable_name: string;
  readonly description: string;
  readonly filter_subjects: readonly string[];
  readonly deliver_policy: "all" | "new";
  readonly ack_policy: "explicit";
  /** How long a message may be with a worker that says nothing, in nanoseconds. */
  readonly ack_wait: number;
  /** Deliveries until the server gives up and tells so; -1 never. */
  readonly max_deliver: number;
  /** Messages that may be with workers at once, those that wait for another attempt among them. */
  readonly max_ack_pending: number;
  /** What `nats server check` goes by. */
  readonly metadata: Readonly<Record<string, string>>;
}

const ackWait = 30_000_000_000;
const maxAckPending = 1_000;

/** More attempts than a worker makes: it gives up sooner, unless it dies before it can. */
const maxDeliveries = 20;

/**
 * Every consumer that a workspace asks for: two for each agent that may get tasks, one for each durable subscription.
 *
 * `workers` are guests that take tasks: no policy names them.
 */
export function consumersOf(
  workspace: WorkspacePolicy,
  workers: readonly string[] = [],
): readonly ConsumerShape[] {
  const agents = Object.entries(workspace.agents).toSorted(byName);
  const takers = agents.filter(([name]) => takesTasks(name, workspace));
  const names = [...new Set([...takers.map(([name]) => name), ...workers])];
  return [...names.flatMap(forTasks), ...agents.flatMap(forFollows)];
}

function forTasks(agent: string): ConsumerShape[] {
  return priorities.map((priority) => {
    const { stream, consumer } = taskConsumer(agent, priority);
    return {
      stream,
      durable_name: consumer,
      description: `Tasks of ${agent}, priority ${priority}`,
      filter_subjects: [`mesh.task.${agent}.*.${priority}.*`],
      deliver_policy: "all",
      ack_policy: "explicit",
      ack_wait: ackWait,
      max_deliver: maxDeliveries,
      max_ack_pending: maxAckPending,
      metadata: { ...monitored, "io.nats.monitor.redelivery-critical": "100" },
    };
  });
}

function forFollows([agent, { follows }]: readonly [string, AgentPolicy]): ConsumerShape[] {
  return Object.entries(follows)
    .toSorted(byName)
    .map(([follow, { from, events }]) => {
      const { stream, consumer } = followConsumer(agent, follow);
      return {
        stream,
        durable_name: consumer,
        description: `Events that ${agent} follows as ${follow}`,
        filter_subjects: followed(events),
        deliver_policy: from === "now" ? "new" : "all",
        ack_policy: "explicit",
        ack_wait: ackWait,
        max_deliver: -1,
        max_ack_pending: maxAckPending,
        metadata: { ...monitored, "io.nats.monitor.unprocessed-critical": "100000" },
      };
    });
}

/** The subjects of a subscription, without those that another one covers: the server refuses an overlap. */
function followed(events: Follow["events"]): readonly string[] {
  const subjects = events.flatMap((line) => {
    const target = parseEventTarget(line);
    return target.ok ? [heardEvents(target.value)] : [];
  });
  const wide = subjects.filter((subject) => subject.endsWith(".>"));
  return [...new Set(subjects)]
    .filter((subject) => !wide.some((other) => other !== subject && covers(other, subject)))
    .sort();
}

/** Whether `a.>` takes everything that another subject does. */
function covers(wide: string, subject: string): boolean {
  return subject.startsWith(wide.slice(0, -1));
}

const monitored = { "io.nats.monitor.enabled": "true" } as const;

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
