import { nanosecondsPerMs } from "./ages.ts";
import { advisoryConsumer, followConsumer, taskConsumer } from "./consumer-names.ts";
import { movedEventSubject, priorities } from "./durable.ts";
import { coversSubject } from "./grammar.ts";
import { dueConsumer, laterConsumer } from "./later.ts";
import { takesTasks } from "./permissions.ts";
import type { AgentPolicy, Follow, WorkspacePolicy } from "./policy.ts";
import { heardEvents } from "./rights.ts";
import type { StoreName } from "./stores.ts";
import { every, parseEventTarget } from "./targets.ts";

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

const usualSilenceMs = 30_000;
const monitored = { "io.nats.monitor.enabled": "true" } as const;
/** What keeper does with a message is short, and can be done twice: another one need not wait long for it. */
const keeperWait = 10_000 * nanosecondsPerMs;
/** What waits for another attempt is among them, and must not keep back what could be done. */
const maxAckPending = 20_000;

/** More attempts than a worker makes: it gives up sooner, unless it dies before it can. */
const maxDeliveries = 20;

/**
 * Every consumer that a workspace asks for: two for each agent that may get tasks, one for each durable subscription,
 * and keeper's own.
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
  const silences = new Map(agents.map(([name, { silenceMs }]) => [name, silenceMs]));
  return [
    ...names.flatMap((name) => forTasks(name, silences.get(name))),
    ...forKeeper,
    ...agents.flatMap(forFollows),
  ];
}

/** What keeper takes: it never gives up, and says itself what is no order. */
const forKeeper: readonly ConsumerShape[] = [
  { of: laterConsumer, description: "Orders for later", filter: "mesh.later.*.*.*" },
  { of: dueConsumer, description: "What is due", filter: "mesh.due.*.*.*.*" },
  {
    of: advisoryConsumer,
    description: "What is delivered no more",
    filter: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.*.*",
  },
].map(({ of: { stream, consumer }, description, filter }) => ({
  stream,
  durable_name: consumer,
  description: `${description}, for keeper`,
  filter_subjects: [filter],
  deliver_policy: "all",
  ack_policy: "explicit",
  ack_wait: keeperWait,
  max_deliver: -1,
  max_ack_pending: maxAckPending,
  metadata: { ...monitored, "io.nats.monitor.redelivery-critical": "100" },
}));

function forTasks(agent: string, silenceMs = usualSilenceMs): ConsumerShape[] {
  return priorities.map((priority) => {
    const { stream, consumer } = taskConsumer(agent, priority);
    return {
      stream,
      durable_name: consumer,
      description: `Tasks of ${agent}, priority ${priority}`,
      filter_subjects: [`mesh.task.${agent}.*.${priority}.*`],
      deliver_policy: "all",
      ack_policy: "explicit",
      ack_wait: silenceMs * nanosecondsPerMs,
      max_deliver: maxDeliveries,
      max_ack_pending: maxAckPending,
      metadata: { ...monitored, "io.nats.monitor.redelivery-critical": "100" },
    };
  });
}

function forFollows([agent, policy]: readonly [string, AgentPolicy]): ConsumerShape[] {
  const { follows, silenceMs = usualSilenceMs } = policy;
  return Object.entries(follows)
    .toSorted(byName)
    .map(([follow, { from, events }]) => {
      const { stream, consumer } = followConsumer(agent, follow);
      return {
        stream,
        durable_name: consumer,
        description: `Events that ${agent} follows as ${follow}`,
        filter_subjects: [...followed(events), movedEventSubject({ agent, follow, mover: every })],
        deliver_policy: from === "now" ? "new" : "all",
        ack_policy: "explicit",
        ack_wait: silenceMs * nanosecondsPerMs,
        max_deliver: maxDeliveries,
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
  return [...new Set(subjects)]
    .filter((subject) => !subjects.some((one) => one !== subject && coversSubject(one, subject)))
    .sort();
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
